package io.vmstore.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmstore.error.VmStoreException;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ByteSizeTest {
  @ParameterizedTest
  @CsvSource({
    "1,1",
    "4096,4096",
    "4k,4096",
    "64M,67108864",
    "10GiB,10737418240",
    "1tb,1099511627776",
    "7P,7881299347898368"
  })
  void parseShouldReadBinaryUnits(String text, long bytes) {
    assertThat(ByteSize.parse(text).bytes()).isEqualTo(bytes);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "0",
        "-1",
        "1.5G",
        "G",
        "9223372036854775808",
        "8192P",
        "10 G",
        "10X",
        "0x10",
        "\u0661G",
        "10G\u0131B", // a dotless i, whose upper case is I
        "1e400",
        "1e3",
        "99999999999999999999"
      })
  void parseShouldRefuse(String text) {
    assertThatThrownBy(() -> ByteSize.parse(text))
        .isInstanceOf(VmStoreException.class)
        .hasMessageContaining("INVALID_ARGUMENT");
  }

  @Test
  void textShouldParseBack() {
    Random random = new Random(17);
    for (int i = 0; i < 10_000; i++) {
      ByteSize size =
          new ByteSize((random.nextLong() >>> 1 >>> random.nextInt(62)) | 1L << random.nextInt(62));

      assertThat(ByteSize.parse(size.toString())).isEqualTo(size);
    }
  }

  @Test
  void roundedUpToShouldReachTheNextMultiple() {
    ByteSize block = ByteSize.parse("16K");

    assertThat(new ByteSize(1).roundedUpTo(block)).isEqualTo(block);
    assertThat(block.roundedUpTo(block)).isEqualTo(block);
    assertThat(new ByteSize(16385).roundedUpTo(block)).isEqualTo(ByteSize.parse("32K"));
  }

  @Test
  void roundedUpToShouldRefuseToOverflow() {
    assertThatThrownBy(() -> new ByteSize(Long.MAX_VALUE).roundedUpTo(ByteSize.parse("16K")))
        .isInstanceOf(VmStoreException.class);
  }
}
