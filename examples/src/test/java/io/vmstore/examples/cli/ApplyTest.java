package io.vmstore.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vmstore.desired.DesiredDocument;
import io.vmstore.desired.DesiredVolume;
import io.vmstore.desired.Step;
import io.vmstore.desired.VolumeOutcome;
import io.vmstore.desired.VolumeOutcome.Look;
import io.vmstore.desired.VolumeOutcome.Result;
import io.vmstore.model.ByteSize;
import io.vmstore.model.NodeName;
import io.vmstore.model.ZvolName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ApplyTest {
  private static final String SETTLED =
      """
      # YAML, with a comment
      volumes:
        - nas: nas1
          zvol: tank/vm-17
          state: connected
          host: compute1
        - {nas: nas1, zvol: tank/vm-18, state: disconnected}
        - {"nas": "nas1", "zvol": "tank/vm-19", "state": "absent"}
      """;
  private static final String ELSEWHERE =
      "volumes: [{nas: nas1, zvol: tank/vm-17, state: connected, host: compute2}]";

  @TempDir Path folder;
  private final CliRun cli = new CliRun();

  @AfterEach
  void close() {
    cli.close();
  }

  private int apply(String document, String... options) throws IOException {
    List<String> words = new ArrayList<>(List.of("--timeout", "10", "apply"));
    words.addAll(List.of(options));
    words.add(Files.writeString(folder.resolve("volumes.yaml"), document).toString());
    return cli.run(words.toArray(String[]::new));
  }

  @Test
  void whatIsSoShouldBeUnchangedAndItsPathTold() throws IOException {
    assertThat(apply(SETTLED)).isZero();
    assertThat(cli.out())
        .contains("tank/vm-17  unchanged  MAPPED")
        .contains(FixedNodes.STABLE.value())
        .contains("tank/vm-19  unchanged  ABSENT")
        .endsWith("0 changed, 3 unchanged, 0 failed\n");
    assertThat(cli.err()).contains("nas1 tank/vm-17: unchanged, with 'compute1' as");
    assertThat(cli.nodes.changes).isEmpty();
  }

  @Test
  void jsonShouldTellTheSame() throws IOException {
    assertThat(apply(SETTLED, "--json")).isZero();
    JsonNode json = new ObjectMapper().readTree(cli.out());
    assertThat(json.get("unchanged").intValue()).isEqualTo(3);
    JsonNode volume = json.get("volumes").get(0);
    assertThat(volume.get("found").textValue()).isEqualTo("MAPPED");
    assertThat(volume.at("/mapping/stablePath").textValue()).isEqualTo(FixedNodes.STABLE.value());
    assertThat(cli.err()).isEmpty();
  }

  @Test
  void aRefusalShouldBeToldAndEndWith1() throws IOException {
    assertThat(apply(ELSEWHERE)).isEqualTo(1);
    assertThat(cli.out()).endsWith("0 changed, 0 unchanged, 1 failed\n");
    assertThat(cli.err()).contains("it is MAPPED with 'compute1'").contains("from: compute1");
    assertThat(apply(ELSEWHERE, "--plan")).isEqualTo(1);
    assertThat(cli.out()).contains("refused: FAILED_PRECONDITION");
  }

  @Test
  void aPlanShouldTellTheSteps() throws IOException {
    String document =
        "volumes: [{nas: nas1, zvol: tank/vm-17, state: connected, host: compute2, from: compute1}]";
    assertThat(apply(document, "--plan")).isZero();
    assertThat(cli.out()).contains("disconnect from compute1, then connect to compute2");
    assertThat(apply(SETTLED, "--plan")).isZero();
    assertThat(cli.out()).contains("nothing");
    assertThat(cli.nodes.changes).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          volumes: [                                          | line 1
          volumes: [{nas: a, nas: b}]                         | line 1
          volumes: [&a {nas: n}, *a]                          | volumes[0]
          sizes: []                                           | 'sizes'
          volumes: [{nas: n, zvol: t/v, state: absent, x: 1}] | 'volumes[0].x'
          """)
  void aDocumentThatIsWrongShouldBeRefusedBeforeAnythingIsAsked(String document, String named)
      throws IOException {
    assertThat(apply(document)).isEqualTo(10);
    assertThat(cli.err()).contains(named).contains("correction");
    assertThat(cli.logins).isEmpty();
  }

  @Test
  void whatCannotBeReadShouldBeToldSo() {
    assertThat(cli.run("apply", folder.resolve("none.yaml").toString())).isEqualTo(11);
    assertThat(cli.run("apply", "--parallel", "0", "-")).isEqualTo(2);
  }

  @Test
  void anInterruptionShouldTellWhatHolds() {
    List<DesiredVolume> volumes = new ArrayList<>();
    for (String name : List.of("tank/v1", "tank/v2", "tank/v3")) {
      volumes.add(
          DesiredVolume.present(new NodeName("nas1"), ZvolName.parse(name), ByteSize.gibibytes(1)));
    }
    List<String> lines = new ArrayList<>();
    Applying applying = new Applying(new DesiredDocument(volumes), lines::add);
    applying.begins(volumes.get(0), Step.create(ByteSize.gibibytes(1)));
    applying.begins(volumes.get(0), Step.create(ByteSize.gibibytes(1)));
    applying.ended(
        new VolumeOutcome(volumes.get(0), Result.CHANGED, List.of(), new Look(null), null, null));
    applying.begins(volumes.get(1), Step.create(ByteSize.gibibytes(1)));
    assertThat(lines)
        .containsExactly(
            "nas1 tank/v1: create with 1G",
            "nas1 tank/v1: changed",
            "nas1 tank/v2: create with 1G");
    assertThat(applying.interrupted())
        .startsWith(
            "vmstore: interrupted: 1 changed, 0 unchanged, 0 failed, 1 under way, 1 not begun\n")
        .contains("  nas1 tank/v2: 'create with 1G' was asked for")
        .contains("apply the same document again");
  }
}
