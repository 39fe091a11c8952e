package io.vmstore.core.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmstore.ZvolStatus;
import io.vmstore.core.json.Json;
import io.vmstore.model.MappingState;
import io.vmstore.model.ZvolName;
import java.util.List;
import org.junit.jupiter.api.Test;

class RepliesTest {
  @Test
  void aMissingVolumeOfUnknownSizeShouldCrossTheWire() {
    List<ZvolStatus> listed =
        List.of(new ZvolStatus(ZvolName.parse("tank/v1"), null, MappingState.DELETING, null, null));
    ObjectNode json = Json.object();

    Replies.put(json, listed);

    assertThat(Replies.zvols(Json.read(Json.write(json), "reply"), 1)).isEqualTo(listed);
  }
}
