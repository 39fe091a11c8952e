package io.vmstore.zfs.lio;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * The calls on a configfs tree (Documentation/filesystems/configfs.rst). Making a folder makes a
 * kernel object and its files; nothing else makes a file. A refusal of the kernel is a {@link
 * java.nio.file.FileSystemException} whose reason is the text of its errno.
 */
interface Configfs {
  void makeDirectory(Path directory) throws IOException;

  /** Absent is success. */
  void removeDirectory(Path directory) throws IOException;

  /** Writes the whole value with one write(2): the kernel takes each write for a value. */
  void write(Path attribute, String value) throws IOException;

  /** {@return the value without the end of its line} */
  String read(Path attribute) throws IOException;

  void link(Path link, Path target) throws IOException;

  /** Absent is success. */
  void unlink(Path link) throws IOException;

  boolean exists(Path path);

  /** {@return the folders in a folder, by name; empty when it is absent} */
  default List<Path> directories(Path parent) throws IOException {
    return directories(parent, "");
  }

  /** {@return those whose names begin so; the others cost next to nothing} */
  List<Path> directories(Path parent, String beginning) throws IOException;

  /** {@return the links in a folder, by name; empty when it is absent} */
  List<Path> links(Path parent) throws IOException;

  /** {@return where a link leads} */
  Path target(Path link) throws IOException;
}
