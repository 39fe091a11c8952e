package io.vmstore.zfs.lio;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.vmstore.error.ErrorCode;
import io.vmstore.fuzz.Fuzz;
import io.vmstore.model.DevicePath;
import io.vmstore.model.Portal;
import io.vmstore.model.VolumeId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A tree that somebody else wrote into is read, or refused as the kernel's and not the caller's.
 */
class LioFuzzTest {
  private static final VolumeId ID = VolumeId.parse("0b9d8c1e-0000-4000-8000-000000000001");
  private static final String PREFIX = "iqn.2026-11.io.vmstore:";
  private static final String NAME = PREFIX + ID;
  private static final List<String> ATTRIBUTES =
      List.of(
          "core/iblock_0/" + NAME + "/udev_path",
          "iscsi/" + NAME + ".g1/tpgt_1/enable",
          "iscsi/" + NAME + ".g1/tpgt_1/attrib/generate_node_acls",
          "iscsi/" + NAME + ".g1/tpgt_1/acls/iqn.1993-08.org.debian:c1/info");

  private static final List<String> FOLDERS = List.of("core/iblock_0", "iscsi");

  /** What a name in configfs may not be made of. */
  private static final Pattern NAME_OF_A_FOLDER = Pattern.compile("[^!-.0-~]");

  @TempDir private Path root;

  @Test
  void everyTreeShouldBeReadOrRefused() throws IOException {
    for (String attribute : ATTRIBUTES) {
      Files.createDirectories(root.resolve(attribute).getParent());
    }
    LioTree tree =
        new LioTree(
            new NioConfigfs(), LioConfig.of(List.of(Portal.parse("10.0.0.1"))).withRoot(root));
    Fuzz.of(LioFuzzTest.class, "configfs")
        .check(
            input -> {
              ATTRIBUTES.forEach(attribute -> write(root.resolve(attribute), input));
              Fuzz.parsed(Set.of(ErrorCode.INTERNAL), () -> exports(tree));
              FOLDERS.forEach(
                  parent ->
                      withFolder(
                          parent,
                          input,
                          () -> Fuzz.parsed(Set.of(ErrorCode.INTERNAL), () -> exports(tree))));
            });
  }

  private Object exports(LioTree tree) {
    try {
      return tree.states().stream().map(state -> state.toExport(new DevicePath("/none"))).toList();
    } catch (IOException e) {
      throw KernelErrors.of("cannot list the exports", e, false);
    }
  }

  /** A folder of the input's name, when it can be one, for the time of a task. */
  private void withFolder(String parent, byte[] input, Runnable task) {
    Path folder =
        root.resolve(parent).resolve(NAME_OF_A_FOLDER.matcher(text(input)).replaceAll("_"));
    if (Files.exists(folder)) {
      return; // the one that is always there
    }
    try {
      Files.createDirectory(folder);
      task.run();
      Files.delete(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String text(byte[] input) {
    String text = PREFIX + new String(input, UTF_8);
    return text.substring(0, Math.min(text.length(), 200));
  }

  private static void write(Path attribute, byte[] input) {
    try {
      Files.write(attribute, input);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
