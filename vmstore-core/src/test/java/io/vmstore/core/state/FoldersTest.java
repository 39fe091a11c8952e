package io.vmstore.core.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FoldersTest {
  @TempDir private Path folder;

  private final List<Path> forced = new ArrayList<>();

  @Test
  void everyFolderThatListsANewOneShouldBeForcedOnceThatIsThere() throws IOException {
    Path wanted = folder.resolve("var/lib/vmstore");

    Folders.create(
        wanted,
        path -> {
          assertThat(wanted).isDirectory();
          forced.add(path);
        });

    assertThat(forced)
        .containsExactlyInAnyOrder(folder, folder.resolve("var"), folder.resolve("var/lib"));
  }

  @Test
  void aFolderThatIsThereShouldCostNothing() throws IOException {
    Folders.create(folder, forced::add);

    assertThat(forced).isEmpty();
  }
}
