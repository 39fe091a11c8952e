package io.vmstore.zfs.lio;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** The real tree. None of these calls is ended by an interrupt. Stateless. */
final class NioConfigfs implements Configfs {
  /** An attribute is one page at most, and one read has all of it (fs/configfs/file.c). */
  private static final int PAGE = 4096;

  @Override
  public void makeDirectory(Path directory) throws IOException {
    Files.createDirectory(directory);
  }

  @Override
  public void removeDirectory(Path directory) throws IOException {
    Files.deleteIfExists(directory);
  }

  @Override
  public void write(Path attribute, String value) throws IOException {
    // The file exists or the kernel has no such attribute: no CREATE, no TRUNCATE_EXISTING.
    try (OutputStream out = Files.newOutputStream(attribute, StandardOpenOption.WRITE)) {
      out.write(value.getBytes(UTF_8));
    } catch (FileSystemException e) {
      throw e;
    } catch (IOException e) {
      throw (IOException)
          new FileSystemException(attribute.toString(), null, e.getMessage()).initCause(e);
    }
  }

  @Override
  public String read(Path attribute) throws IOException {
    byte[] value = new byte[PAGE];
    try (InputStream in = Files.newInputStream(attribute)) {
      return new String(value, 0, Math.max(0, in.read(value)), UTF_8).strip();
    }
  }

  @Override
  public void link(Path link, Path target) throws IOException {
    Files.createSymbolicLink(link, target);
  }

  @Override
  public void unlink(Path link) throws IOException {
    Files.deleteIfExists(link);
  }

  @Override
  public boolean exists(Path path) {
    return Files.exists(path, LinkOption.NOFOLLOW_LINKS);
  }

  @Override
  public List<Path> directories(Path parent, String beginning) throws IOException {
    return children(
        parent,
        child ->
            child.getFileName().toString().startsWith(beginning)
                && Files.isDirectory(child, LinkOption.NOFOLLOW_LINKS));
  }

  @Override
  public List<Path> links(Path parent) throws IOException {
    return children(parent, Files::isSymbolicLink);
  }

  @Override
  public Path target(Path link) throws IOException {
    // The kernel shows it relative to the link (fs/configfs/symlink.c, configfs_get_target_path).
    return link.resolveSibling(Files.readSymbolicLink(link)).normalize();
  }

  private static List<Path> children(Path parent, Predicate<Path> wanted) throws IOException {
    List<Path> children = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(parent, wanted::test)) {
      entries.forEach(children::add);
    } catch (NoSuchFileException | NotDirectoryException e) {
      return List.of();
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    children.sort(null);
    return children;
  }
}
