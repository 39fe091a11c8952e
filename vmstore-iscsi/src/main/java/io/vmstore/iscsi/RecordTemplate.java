package io.vmstore.iscsi;

import io.vmstore.managed.TargetName;
import io.vmstore.model.Portal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A node record as this machine's iscsiadm made it, from which those of other targets follow: they
 * differ in the names of target and portal only, and in them nothing but iscsid.conf decides about
 * the rest. So one program is run once, and not for each login.
 *
 * @param database the folder that it was made in
 * @param lines its lines
 * @param origin what the files looked like that decide about it
 */
record RecordTemplate(Path database, List<String> lines, List<String> origin) {
  private static final String NAME = "node.name = ";
  private static final String ADDRESS = "node.conn[0].address = ";
  private static final String PORT = "node.conn[0].port = ";

  /**
   * {@return the template that a fresh record is; empty when it is not of the form known}
   *
   * @param origin see {@link #origin(List)}, read before the record was made
   */
  static Optional<RecordTemplate> of(
      Path database, List<String> lines, TargetName target, Portal portal, List<String> origin) {
    Map<String, String> own = own(target, portal);
    boolean known =
        own.entrySet().stream()
            .allMatch(
                each ->
                    beginning(lines, each.getKey())
                        .equals(List.of(each.getKey() + each.getValue())));
    long named = lines.stream().filter(line -> line.contains(target.value())).count();
    return known && named == 1
        ? Optional.of(new RecordTemplate(database, List.copyOf(lines), origin))
        : Optional.empty();
  }

  private static List<String> beginning(List<String> lines, String name) {
    return lines.stream().filter(line -> line.startsWith(name)).toList();
  }

  /** {@return the lines of another target's record} */
  List<String> lines(TargetName target, Portal portal) {
    Map<String, String> own = own(target, portal);
    List<String> changed = new ArrayList<>();
    for (String line : lines) {
      changed.add(
          own.entrySet().stream()
              .filter(each -> line.startsWith(each.getKey()))
              .findFirst()
              .map(each -> each.getKey() + each.getValue())
              .orElse(line));
    }
    return changed;
  }

  private static Map<String, String> own(TargetName target, Portal portal) {
    return Map.of(
        NAME, target.value(), ADDRESS, portal.address(), PORT, Integer.toString(portal.port()));
  }

  /** Without the lines: iscsid.conf may have secrets. */
  @Override
  public String toString() {
    return "records as in " + database;
  }

  /** {@return what changes whenever one of the files does} */
  static List<String> origin(List<Path> files) {
    return files.stream().map(RecordTemplate::look).toList();
  }

  private static String look(Path file) {
    try {
      var seen = Files.readAttributes(file, BasicFileAttributes.class);
      return seen.lastModifiedTime() + " " + seen.size() + " " + seen.fileKey();
    } catch (NoSuchFileException e) {
      return "absent";
    } catch (IOException e) {
      return e.toString();
    }
  }
}
