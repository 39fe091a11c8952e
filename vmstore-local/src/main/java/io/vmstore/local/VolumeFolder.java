package io.vmstore.local;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.ByteSize;
import io.vmstore.model.VolumeId;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * A volume on disk: a folder with its bytes in {@code data} and what it is in {@code identity}. One
 * rename makes both appear and one makes both go. A volume without {@code identity} was put there
 * by somebody else.
 */
record VolumeFolder(Path path) {
  /**
   * What is kept with a volume.
   *
   * @param id its id
   * @param created whether vmstore created it, as opposed to having adopted it
   */
  record Identity(VolumeId id, boolean created) {}

  /** {@return the folder of the volume whose bytes the file holds} */
  static VolumeFolder of(Path data) {
    return new VolumeFolder(data.resolveSibling(""));
  }

  /** {@return a folder beside this one} */
  VolumeFolder sibling(String name) {
    return new VolumeFolder(path.resolveSibling(name));
  }

  Path data() {
    return path.resolve("data");
  }

  /**
   * {@return its size, or empty when it is no volume} A link is none, because it may lead out of
   * the pool, and neither is an empty file.
   */
  Optional<ByteSize> size() {
    boolean file =
        Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)
            && Files.isRegularFile(data(), LinkOption.NOFOLLOW_LINKS);
    long length = file ? data().toFile().length() : 0;
    return length > 0 ? Optional.of(new ByteSize(length)) : Optional.empty();
  }

  /** {@return whether something of that name is there, volume or not} */
  boolean isTaken() {
    return Files.exists(path, LinkOption.NOFOLLOW_LINKS);
  }

  Optional<Identity> identity() throws IOException {
    return DurableFiles.read(identityFile()).map(this::identity);
  }

  /** {@return whether the volume is there and has this id} */
  boolean is(VolumeId id) throws IOException {
    return size().isPresent()
        && identity().filter(identity -> identity.id().equals(id)).isPresent();
  }

  void mark(Identity identity) throws IOException {
    DurableFiles.write(
        identityFile(),
        Map.of("id", identity.id().toString(), "created", String.valueOf(identity.created())));
  }

  /** Makes the folder and all in it, durably but for its own name. */
  void create(Identity identity, ByteSize size) throws IOException {
    Files.createDirectory(path);
    resize(size);
    mark(identity);
  }

  /** Gives the volume another size, durably, in one effect. */
  void resize(ByteSize size) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(data().toFile(), "rw")) {
      file.setLength(size.bytes()); // sparse: no block is taken before it is written
      file.getFD().sync();
    }
  }

  /** Removes the folder and all in it; something else may be removing it too. */
  void remove() throws IOException {
    for (Path file : Layout.names(path, path::resolve)) {
      Files.deleteIfExists(file);
    }
    Files.deleteIfExists(path);
  }

  private Path identityFile() {
    return path.resolve("identity");
  }

  private Identity identity(Map<String, String> fields) {
    String id = fields.getOrDefault("id", "");
    try {
      return new Identity(
          VolumeId.parse(id), Boolean.parseBoolean(fields.getOrDefault("created", "")));
    } catch (VmStoreException e) {
      throw VmStoreException.builder(ErrorCode.INTERNAL, "file '" + identityFile() + "' is damaged")
          .reason("its line id= says '" + id + "'")
          .correction("write the volume's id there, as the NAS has it on record")
          .cause(e)
          .build();
    }
  }
}
