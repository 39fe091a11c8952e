package io.vmstore.iscsi;

import static io.vmstore.iscsi.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import io.vmstore.error.ErrorCode;
import io.vmstore.model.Iqn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InitiatorNameTest {
  @TempDir private Path directory;

  private Path file(String content) throws IOException {
    return Files.writeString(directory.resolve("initiatorname.iscsi"), content);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "InitiatorName=iqn.1993-08.org.debian:01:abc\n",
        "## comment\n#InitiatorName=iqn.1993-08.org.debian:01:old\n\nInitiatorName = iqn.1993-08.org.debian:01:abc",
        "InitiatorName=iqn.1993-08.org.debian:01:ABC\nInitiatorAlias=node1\n"
      })
  void readShouldFindTheName(String content) throws IOException {
    assertThat(InitiatorName.read(file(content)))
        .isEqualTo(new Iqn("iqn.1993-08.org.debian:01:abc"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "GenerateName=yes\n",
        "InitiatorName=\n",
        "InitiatorName=node1\n",
        "InitiatorName=eui.02004567A425678D\n",
        "InitiatorName=iqn.1993-08.org.debian:01:a b\n",
        "InitiatorName=iqn.1993-08.org.debian:01:a\nInitiatorName=iqn.1993-08.org.debian:01:b\n"
      })
  void readShouldRefuseAFileWithoutOneValidName(String content) throws IOException {
    Path file = file(content);
    assertThat(assertFails(ErrorCode.FAILED_PRECONDITION, () -> InitiatorName.read(file)))
        .hasMessageContaining(file.toString());
  }

  @Test
  void readShouldRefuseAFileThatIsNotThere() {
    assertFails(
        ErrorCode.FAILED_PRECONDITION, () -> InitiatorName.read(directory.resolve("absent")));
  }
}
