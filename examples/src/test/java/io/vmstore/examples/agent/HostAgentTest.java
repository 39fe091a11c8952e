package io.vmstore.examples.agent;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vmstore.core.managed.ConnectionInfo;
import io.vmstore.local.LocalConfig;
import io.vmstore.local.LocalConfig.LoopDevices;
import io.vmstore.local.LocalStorage;
import io.vmstore.managed.IscsiConnection;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Deadline;
import io.vmstore.model.Iqn;
import io.vmstore.model.NodeName;
import io.vmstore.model.PoolName;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.Admission;
import io.vmstore.spi.Export;
import io.vmstore.spi.TargetConnector;
import io.vmstore.spi.Zvol;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The agent on a NAS of files. Each conversation is a process's life. */
class HostAgentTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final PoolName TANK = new PoolName("tank");
  private static final NodeName NODE = new NodeName("agent");

  @TempDir Path folder;
  private Path settings;

  @BeforeEach
  void configure() throws IOException {
    settings = folder.resolve("agent.properties");
    Files.writeString(
        settings,
        "state.directory = %s/state\nstorage = local\nlocal.directory = %s/storage\n"
            .formatted(folder, folder));
  }

  /** {@return the connection_info of a new volume, for this host} */
  private String exported(String name) {
    Deadline soon = Deadline.after(Duration.ofSeconds(20));
    LocalConfig config =
        LocalConfig.in(folder.resolve("storage"), TANK).withLoopDevices(LoopDevices.NEVER);
    try (LocalStorage storage = LocalStorage.open(config);
        TargetConnector connector = storage.connector(NODE)) {
      VolumeId id = VolumeId.random();
      Iqn initiator = connector.initiator();
      Zvol zvol =
          storage.zvolManager().ensure(new ZvolName(TANK, name), id, ByteSize.mebibytes(1), soon);
      Export export =
          storage.targetExporter().export(zvol, id, 1, Admission.byName(initiator), soon);
      return ConnectionInfo.write(IscsiConnection.ofExport(export.target(), null, initiator, id))
          .toString();
    }
  }

  private static String request(int id, String method, String params) {
    return "{\"id\":" + id + ",\"method\":\"" + method + "\",\"params\":" + params + "}";
  }

  private String run(String input, String... arguments) {
    InputStream bytes = new ByteArrayInputStream(input.getBytes(UTF_8));
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    assertThat(HostAgent.run(arguments, bytes, new PrintStream(output, true, UTF_8)))
        .isBetween(0, 21);
    return output.toString(UTF_8);
  }

  /** {@return the answers by their ids} */
  private Map<String, JsonNode> talk(String... lines) throws IOException {
    Map<String, JsonNode> answers = new HashMap<>();
    for (String line : run(String.join("\n", lines), settings.toString()).split("\n", -1)) {
      if (!line.isEmpty()) {
        JsonNode answer = JSON.readTree(line);
        answers.put(answer.get("id").asText(), answer);
      }
    }
    return answers;
  }

  private static JsonNode of(Map<String, JsonNode> answers, String id) {
    return Objects.requireNonNull(answers.get(id), () -> id + " in " + answers);
  }

  private JsonNode result(String method, String params) throws IOException {
    JsonNode answer = of(talk(request(1, "ManagedVolume." + method, params)), "1");
    assertThat(answer.get("result")).as("%s", answer).isNotNull();
    return answer.get("result");
  }

  @Test
  void aVolumeShouldBeAttachedShownAndDetached() throws IOException {
    String params = "{\"vol_id\":\"vol-1\",\"connection_info\":" + exported("v1") + "}";
    JsonNode attached = result("attach_volume", params);
    assertThat(attached.get("attachment").get("type").asText()).isEqualTo("block");
    assertThat(Path.of(attached.get("path").asText())).exists();
    assertThat(result("attach_volume", params)).isEqualTo(attached);
    assertThat(attached.get("exists").asText()).isEqualTo("True");
    JsonNode all = result("volumes_info", "{}");
    assertThat(all).hasSize(1);
    assertThat(all.get(0)).isEqualTo(attached);
    assertThat(result("extend_volume", "{\"vol_id\":\"vol-1\"}")).isEqualTo(attached);
    result("detach_volume", "{\"vol_id\":\"vol-1\"}");
    assertThat(result("volumes_info", "{\"vol_ids\":[\"vol-1\"]}")).isEmpty();
  }

  @Test
  void theHostShouldSayWhatItIs() throws IOException {
    JsonNode info = of(talk("{\"id\":\"a\",\"method\":\"Host.getCapabilities\"}"), "a");
    assertThat(info.get("result").get("connector_info").get("do_local_attach").asText())
        .isEqualTo("False");
  }

  @Test
  void everyLineShouldBeAnsweredUnderItsId() throws IOException {
    String connection = exported("v1");
    Map<String, JsonNode> answers =
        talk(
            "",
            "{\"id\":1,\"method\":\"ManagedVolume.format\"}",
            request(
                2, "attach_volume", "{\"vol_id\":\"../x\",\"connection_info\":" + connection + "}"),
            request(3, "attach_volume", "{\"vol_id\":\"x\"}"),
            request(
                4,
                "attach_volume",
                "{\"vol_id\":\"x\",\"connection_info\":{\"driver_volume_type\":\"rbd\"}}"),
            request(5, "volumes_info", "{}"),
            "{\"id\":6,\"auth_password\": s3cret");
    assertThat(answers).hasSize(6);
    assertThat(code(of(answers, "1"))).isEqualTo("UNIMPLEMENTED");
    assertThat(code(of(answers, "2"))).isEqualTo("INVALID_ARGUMENT");
    assertThat(code(of(answers, "3"))).isEqualTo("INVALID_ARGUMENT");
    assertThat(code(of(answers, "4"))).isEqualTo("UNIMPLEMENTED");
    assertThat(of(answers, "5").get("result")).isEmpty();
    assertThat(code(of(answers, "null"))).isEqualTo("INVALID_ARGUMENT");
    assertThat(answers.toString()).doesNotContain("s3cret");
  }

  private static String code(JsonNode answer) {
    return answer.get("error").get("code").asText();
  }

  @Test
  void aLineThatIsTooLongShouldNotBeKept() throws IOException {
    Map<String, JsonNode> answers =
        talk("x".repeat(Lines.LONGEST + 1), request(2, "volumes_info", "{}"));
    assertThat(of(answers, "null").toString()).contains("longer than");
    assertThat(of(answers, "2").get("result")).isEmpty();
  }

  @Test
  void aMethodShouldBeCalledOnce() throws IOException {
    assertThat(JSON.readTree(run("{}", settings.toString(), "volumes_info"))).isEmpty();
    assertThat(code(JSON.readTree(run("{}", settings.toString(), "detach_volume"))))
        .isEqualTo("INVALID_ARGUMENT");
  }
}
