package io.vmstore.core.managed;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.vmstore.core.json.Json;
import io.vmstore.managed.ConnectorInfo;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ConnectorDocumentTest {
  private static final String FOUNDING =
      "{\"initiator\":\"iqn.1994-05.com.redhat:3f2b2be7ebc\",\"ip\":\"1.2.3.4\","
          + "\"platform\":\"x86_64\",\"host\":\"vdsm-dev\",\"do_local_attach\":\"False\","
          + "\"os_type\":\"linux2\",\"multipath\":\"True\"}";

  @Test
  void theFoundingDocumentsExampleShouldBeReadAndWrittenAsItIs() {
    ConnectorInfo read = ConnectorDocument.read(FOUNDING.getBytes(UTF_8));
    assertThat(read.multipath()).isTrue();
    assertThat(read.doLocalAttach()).isFalse();
    assertThat(new String(Json.write(ConnectorDocument.write(read)), UTF_8)).isEqualTo(FOUNDING);
  }

  @Test
  void whatIsNotUsedShouldComeBackAsItWent() {
    String more = FOUNDING.replace("}", ",\"system uuid\":\"4c4c\",\"mountpoint\":null}");
    ConnectorInfo read = ConnectorDocument.read(more.getBytes(UTF_8));
    assertThat(read.other()).containsEntry("system uuid", "4c4c").containsEntry("mountpoint", null);
    assertThat(ConnectorDocument.read(Json.write(ConnectorDocument.write(read)))).isEqualTo(read);
    assertThat(read.other()).isNotEqualTo(Map.of());
  }
}
