package io.vmstore.iscsi;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.managed.TargetName;
import io.vmstore.model.Portal;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Writes settings, and CHAP secrets among them, into open-iscsi's node records. iscsiadm(8) takes a
 * setting as an argument only, where every process can read it (proc(5), cmdline); so the file that
 * it made is replaced by one with the settings in it, whole and readable by root alone from its
 * first moment on. Once it has made one on this machine, others are made like it without iscsiadm,
 * and removed without it; whatever is unusual is left to iscsiadm.
 *
 * <p>A record is a file, or several in a folder when its portal group is known (usr/idbm.c,
 * idbm_rec_write). iscsiadm's lock is not taken: a rename shows readers the old file or the new
 * one, and who rewrites a record of vmstore's by hand at that very moment, and so loses the
 * secrets, gets a login that is refused.
 */
final class NodeRecords {
  /** Without a comma, iscsiadm does not take it for a record (idbm_for_each_portal). */
  private static final String TEMPORARY = "vmstore.new";

  private static final String ALGORITHMS = "node.session.auth.chap_algs";

  /** What open-iscsi offers unless told otherwise; the target takes the first that it knows. */
  private static final String DEFAULT_ALGORITHMS = "MD5";

  private static final String ALL_ALGORITHMS = "SHA3-256,SHA256,SHA1,MD5";

  private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  private static final FileAttribute<Set<PosixFilePermission>> FOLDER_OF_OWNER =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  private final List<Path> databases;
  private final List<Path> origin;
  private volatile @Nullable RecordTemplate template;

  /**
   * Makes one that has not seen a record yet.
   *
   * @param origin the files that decide what a new record is like
   */
  NodeRecords(List<Path> databases, List<Path> origin) {
    this.databases = List.copyOf(databases);
    this.origin = List.copyOf(origin);
  }

  /** Its place depends on the distribution; 2.1.9 moved it. */
  static NodeRecords ofThisMachine() {
    return new NodeRecords(
        List.of(Path.of("/etc/iscsi/nodes"), Path.of("/var/lib/iscsi/nodes")),
        List.of(
            Path.of("/etc/iscsi/iscsid.conf"),
            Path.of("/etc/iscsi/ifaces"),
            Path.of("/usr/sbin/iscsiadm"),
            Path.of("/sbin/iscsiadm")));
  }

  /** {@return what a record that is made now follows from, for {@link #prepare}} */
  List<String> origin() {
    return RecordTemplate.origin(origin);
  }

  /** Forgets what was learnt of the form of records, because it did not serve. */
  void unlearn() {
    template = null;
  }

  /**
   * Makes the record for the next login at a portal by itself, when it knows how and nothing is
   * there yet.
   *
   * @return whether it did; otherwise iscsiadm has to make it, and {@link #prepare} it
   * @throws VmStoreException UNAVAILABLE: the record cannot be written
   */
  boolean make(TargetName target, Portal portal, Map<String, String> settings, Attempt attempt) {
    RecordTemplate like = template;
    if (like == null || !like.origin().equals(origin())) {
      return false;
    }
    try {
      for (Path folder : folders(target)) {
        if (!folder.startsWith(like.database()) || !records(folder, portal).isEmpty()) {
          return false;
        }
      }
      Path folder = like.database().resolve(target.value());
      if (!Files.isDirectory(folder)) {
        Files.createDirectory(folder, FOLDER_OF_OWNER);
      }
      write(
          folder.resolve(name(portal)),
          folder.resolve(TEMPORARY),
          changed(like.lines(target, portal), settings));
      return true;
    } catch (IOException e) {
      throw unusable(e, attempt);
    }
  }

  /**
   * Removes the records of a target.
   *
   * @return whether it has; otherwise, because there are none where they usually are, or others
   *     than vmstore makes, iscsiadm has to
   * @throws VmStoreException UNAVAILABLE: they cannot be removed
   */
  boolean remove(TargetName target, Attempt attempt) {
    try {
      List<Path> folders = folders(target);
      for (Path folder : folders) {
        if (!entries(folder).stream().allMatch(Files::isRegularFile) || isLinked(folder)) {
          return false;
        }
      }
      boolean removed = false;
      for (Path folder : folders) {
        for (Path record : entries(folder)) {
          Files.deleteIfExists(record);
          removed = true;
        }
        Files.deleteIfExists(folder);
      }
      return removed;
    } catch (IOException e) {
      throw unusable(e, attempt);
    }
  }

  /** Whether iscsiadm keeps a link to it beside, as it does when asked for static discovery. */
  private static boolean isLinked(Path folder) {
    Path database = folder.resolveSibling("");
    return Files.exists(database.resolveSibling("static").resolve(folder.getFileName()));
  }

  /**
   * Has the next login at a portal, whose record is there, heed the settings. With some of
   * authentication among them, the record keeps no others of authentication: what iscsid.conf says
   * of it is for targets of others.
   *
   * @param madeFrom what {@link #origin} was before the record was made
   * @throws VmStoreException UNAVAILABLE: the record cannot be written; INTERNAL: it is not found
   */
  void prepare(
      TargetName target,
      Portal portal,
      Map<String, String> settings,
      List<String> madeFrom,
      Attempt attempt) {
    prepare(target, portal, settings, attempt)
        .forEach(
            (record, lines) -> {
              Path folder = record.resolveSibling("");
              if (record.getFileName().toString().equals(name(portal)) && !isLinked(folder)) {
                template =
                    RecordTemplate.of(folder.resolveSibling(""), lines, target, portal, madeFrom)
                        .orElse(null);
              }
            });
  }

  /**
   * The same, and nothing is learnt from the record.
   *
   * @return the lines that iscsiadm had made, by their files
   */
  Map<Path, List<String>> prepare(
      TargetName target, Portal portal, Map<String, String> settings, Attempt attempt) {
    Map<Path, List<String>> made = new LinkedHashMap<>();
    try {
      for (Path folder : folders(target)) {
        for (Path record : records(folder, portal)) {
          List<String> lines = Files.readAllLines(record);
          write(record, folder.resolve(TEMPORARY), changed(lines, settings));
          made.put(record, lines);
        }
      }
    } catch (IOException e) {
      throw unusable(e, attempt);
    }
    if (made.isEmpty()) {
      throw attempt
          .failure(ErrorCode.INTERNAL)
          .reason("the node record that iscsiadm made is in none of " + databases)
          .correction("link one of them to where this machine's open-iscsi keeps its records")
          .build();
    }
    return made;
  }

  /** Removes what a crash between two steps may have left of a target, secrets in it. */
  void sweep(TargetName target, Attempt attempt) {
    try {
      for (Path folder : folders(target)) {
        if (Files.deleteIfExists(folder.resolve(TEMPORARY)) && isEmpty(folder)) {
          Files.deleteIfExists(folder); // which iscsiadm could not remove before
        }
      }
    } catch (IOException e) {
      throw unusable(e, attempt);
    }
  }

  private List<Path> folders(TargetName target) {
    return databases.stream()
        .map(database -> database.resolve(target.value()))
        .filter(Files::isDirectory)
        .toList();
  }

  private static List<Path> records(Path folder, Portal portal) throws IOException {
    String name = name(portal);
    List<Path> records = new ArrayList<>();
    for (Path entry : entries(folder)) {
      String found = entry.getFileName().toString();
      if (found.equals(name) || found.startsWith(name + ",")) {
        records.addAll(Files.isDirectory(entry) ? entries(entry) : List.of(entry));
      }
    }
    return records;
  }

  /** When its portal group is not known. */
  private static String name(Portal portal) {
    return portal.address() + "," + portal.port();
  }

  private static List<Path> entries(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.toList();
    }
  }

  private static boolean isEmpty(Path folder) throws IOException {
    return entries(folder).isEmpty();
  }

  private static void write(Path record, Path temporary, List<String> lines) throws IOException {
    String content = String.join("\n", lines) + "\n";
    Files.deleteIfExists(temporary);
    try (FileChannel channel =
        FileChannel.open(
            temporary,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            OWNER_ONLY)) {
      ByteBuffer buffer = ByteBuffer.wrap(content.getBytes(UTF_8));
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
      channel.force(true);
    }
    Files.move(temporary, record, StandardCopyOption.ATOMIC_MOVE);
  }

  private static List<String> changed(List<String> lines, Map<String, String> settings) {
    boolean authenticates = settings.keySet().stream().anyMatch(Credentials::concerns);
    List<String> changed = new ArrayList<>();
    for (String line : lines) {
      String name = line.substring(0, Math.max(0, line.indexOf(" = ")));
      if (line.startsWith("# END") || settings.containsKey(name)) {
        continue;
      }
      if (!authenticates || !Credentials.concerns(name)) {
        changed.add(line);
      } else if (line.equals(ALGORITHMS + " = " + DEFAULT_ALGORITHMS)) {
        changed.add(ALGORITHMS + " = " + ALL_ALGORITHMS);
      } else if (name.equals(ALGORITHMS)) {
        changed.add(line);
      }
    }
    settings.forEach((name, value) -> changed.add(name + " = " + value));
    changed.add("# END RECORD");
    return changed;
  }

  private static VmStoreException unusable(IOException e, Attempt attempt) {
    return attempt
        .failure(ErrorCode.UNAVAILABLE)
        .reason("open-iscsi's node record cannot be replaced: " + e)
        .correction("check that its disk is writable and not full")
        .cause(e)
        .build();
  }
}
