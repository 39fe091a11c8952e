package io.vmstore.core.desired;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.vmstore.desired.DesiredDocument;
import io.vmstore.desired.DesiredState;
import io.vmstore.desired.DesiredVolume;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.fuzz.Fuzz;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Iqn;
import io.vmstore.model.NodeName;
import io.vmstore.model.ZvolName;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DesiredDocumentsTest {
  private static final NodeName NAS = new NodeName("nas1");

  private static DesiredDocument read(String json) {
    return DesiredDocuments.read(json.replace('\'', '"').getBytes(UTF_8));
  }

  private static ZvolName zvol(String name) {
    return ZvolName.parse("tank/" + name);
  }

  @Test
  void everyStateShouldBeRead() {
    String json =
        """
        {'volumes': [
          {'nas': 'nas1', 'zvol': 'tank/v1', 'state': 'present', 'size': '10G'},
          {'nas': 'nas1', 'zvol': 'tank/v2', 'state': 'absent', 'from': 'h1'},
          {'nas': 'nas1', 'zvol': 'tank/v3', 'state': 'connected', 'host': 'h1', 'size': 4096,
           'initiator': 'iqn.2026-11.com.example:h1', 'from': 'h2'},
          {'nas': 'nas1', 'zvol': 'tank/v4', 'state': 'disconnected', 'host': null},
          {'nas': 'nas1', 'zvol': 'tank/v5', 'state': 'extended', 'size': '20G'}]}
        """;
    assertThat(read(json))
        .isEqualTo(
            DesiredDocument.of(
                DesiredVolume.present(NAS, zvol("v1"), ByteSize.gibibytes(10)),
                DesiredVolume.absent(NAS, zvol("v2")).takenFrom(new NodeName("h1")),
                new DesiredVolume(
                    NAS,
                    zvol("v3"),
                    DesiredState.CONNECTED,
                    new ByteSize(4096),
                    new NodeName("h1"),
                    new Iqn("iqn.2026-11.com.example:h1"),
                    new NodeName("h2")),
                DesiredVolume.disconnected(NAS, zvol("v4")),
                DesiredVolume.extended(NAS, zvol("v5"), ByteSize.gibibytes(20))));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {}                                               | 'volumes'
          {'volumes': 1}                                   | 'volumes'
          {'volumes': [], 'version': 1}                    | 'version'
          {'volumes': [7]}                                 | 'volumes[0]'
          {'volumes': [{}]}                                | 'volumes[0].nas'
          {'volumes': [{'nas':'n','zvol':'v1'}]}           | 'volumes[0].zvol'
          {'volumes': [{'nas':'n','zvol':'t/v'}]}          | 'volumes[0].state'
          {'volumes': [{'nas':'n','zvol':'t/v','state':'gone'}]} | 'volumes[0].state'
          {'volumes': [{'nas':'n','zvol':'t/v','state':'absent','sise':'1G'}]} | 'volumes[0].sise'
          {'volumes': [{'nas':'n','zvol':'t/v','state':'present','size':'1 G'}]} | 'volumes[0].size'
          {'volumes': [{'nas':'n','zvol':'t/v','state':'present','size':1.5}]} | 'volumes[0].size'
          {'volumes': [{'nas':'n','zvol':'t/v','state':'present'}]} | 'volumes[0]'
          {'volumes': [{'nas':'n','zvol':'t/v','state':'absent','host':'h1'}]} | 'volumes[0]'
          {'volumes': [{'nas':'n','zvol':'t/v','state':'disconnected','from':'h1'}]} | 'volumes[0]'
          """)
  void whatIsWrongShouldBeNamed(String json, String path) {
    VmStoreException refusal = catchThrowableOfType(VmStoreException.class, () -> read(json));
    assertThat(refusal.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
    assertThat(refusal.problem()).startsWith(path + " of the document");
    assertThat(refusal.reason()).isNotEmpty();
    assertThat(refusal.correction()).isNotEmpty();
  }

  @Test
  void aVolumeShouldNotBeInItTwice() {
    String volume = "{'nas':'n','zvol':'t/v','state':'absent'}";
    String json = "{'volumes':[" + volume + ",{'nas':'m','zvol':'t/v','state':'absent'}," + volume;
    VmStoreException refusal =
        catchThrowableOfType(VmStoreException.class, () -> read(json + "]}"));
    assertThat(refusal.reason()).contains("volumes[0]").contains("volumes[2]").contains("'t/v'");
  }

  @Test
  void aDocumentThatIsTooLongShouldNotBeRead() {
    byte[] blanks = " ".repeat(DesiredDocuments.MOST_BYTES + 1).getBytes(UTF_8);
    assertThat(
            catchThrowableOfType(VmStoreException.class, () -> DesiredDocuments.read(blanks))
                .code())
        .isEqualTo(ErrorCode.INVALID_ARGUMENT);
  }

  @Test
  void everyTextShouldBeADocumentOrRefused() {
    Fuzz.of(DesiredDocumentsTest.class, "desired-document")
        .check(
            input ->
                Fuzz.parsed(
                    Set.of(ErrorCode.INVALID_ARGUMENT), () -> DesiredDocuments.read(input)));
  }
}
