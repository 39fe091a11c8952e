package io.vmstore.core.desired;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmstore.ZvolStatus;
import io.vmstore.desired.DesiredVolume;
import io.vmstore.desired.Step;
import io.vmstore.desired.VolumePlan;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.ByteSize;
import io.vmstore.model.DevicePath;
import io.vmstore.model.Iqn;
import io.vmstore.model.Mapping;
import io.vmstore.model.MappingState;
import io.vmstore.model.NodeName;
import io.vmstore.model.Portal;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlannerTest {
  private static final NodeName NAS = new NodeName("nas1");
  private static final NodeName H1 = new NodeName("h1");
  private static final NodeName H2 = new NodeName("h2");
  private static final ZvolName V1 = ZvolName.parse("tank/v1");
  private static final ByteSize SIZE = ByteSize.gibibytes(10);

  private static final DesiredVolume PRESENT = DesiredVolume.present(NAS, V1, SIZE);
  private static final DesiredVolume ABSENT = DesiredVolume.absent(NAS, V1);
  private static final DesiredVolume CONNECTED = DesiredVolume.connected(NAS, V1, H1);
  private static final DesiredVolume DISCONNECTED = DesiredVolume.disconnected(NAS, V1);
  private static final DesiredVolume EXTENDED = DesiredVolume.extended(NAS, V1, SIZE);

  /** docs/desired-state.md has the same table; a mapped volume is with h1. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          present      | none      | create with 10G
          present      | MAPPING   | wait until it is no longer MAPPING
          present      | DELETING  | wait until it is no longer DELETING
          present      | UNMAPPED  | nothing
          present      | MAPPED    | nothing
          present      | UNMAPPING | nothing
          absent       | none      | nothing
          absent       | MAPPING   | FAILED_PRECONDITION
          absent       | DELETING  | delete
          absent       | UNMAPPED  | delete
          absent       | MAPPED    | FAILED_PRECONDITION
          absent       | UNMAPPING | disconnect from h1, delete
          absent < h1  | MAPPED    | disconnect from h1, delete
          absent < h1  | MAPPING   | disconnect from h1, delete
          absent < h2  | MAPPED    | FAILED_PRECONDITION
          connected    | none      | NOT_FOUND
          connected    | MAPPING   | connect to h1
          connected    | DELETING  | wait until it is no longer DELETING
          connected    | UNMAPPED  | connect to h1
          connected    | MAPPED    | nothing
          connected    | UNMAPPING | disconnect from h1, connect to h1
          elsewhere    | MAPPED    | FAILED_PRECONDITION
          elsewhere    | MAPPING   | FAILED_PRECONDITION
          elsewhere    | UNMAPPING | disconnect from h1, connect to h2
          elsewhere < h1 | MAPPED  | disconnect from h1, connect to h2
          disconnected | none      | nothing
          disconnected | MAPPING   | disconnect from h1
          disconnected | DELETING  | nothing
          disconnected | UNMAPPED  | nothing
          disconnected | MAPPED    | disconnect from h1
          disconnected | UNMAPPING | disconnect from h1
          not with h2  | MAPPED    | nothing
          extended     | none      | NOT_FOUND
          extended     | MAPPING   | wait until it is no longer MAPPING
          extended     | DELETING  | wait until it is no longer DELETING
          extended     | UNMAPPED  | nothing
          extended     | MAPPED    | nothing
          extended     | UNMAPPING | wait until it is no longer UNMAPPING
          """)
  void everyStateOfEveryVolumeShouldHaveItsSteps(String wish, String found, String expected) {
    Optional<ZvolStatus> status =
        found.equals("none") ? Optional.empty() : Optional.of(status(found, SIZE));
    assertThat(told(Planner.plan(wish(wish), status))).isEqualTo(expected);
  }

  private static DesiredVolume wish(String text) {
    String[] words = text.split(" < ", 2);
    DesiredVolume wish =
        switch (words[0]) {
          case "present" -> PRESENT;
          case "absent" -> ABSENT;
          case "connected" -> CONNECTED;
          case "elsewhere" -> DesiredVolume.connected(NAS, V1, H2);
          case "disconnected" -> DISCONNECTED;
          case "not with h2" ->
              new DesiredVolume(NAS, V1, DISCONNECTED.state(), null, H2, null, null);
          default -> EXTENDED;
        };
    return words.length == 1 ? wish : wish.takenFrom(new NodeName(words[1]));
  }

  private static String told(VolumePlan plan) {
    return plan.refused()
        .map(VmStoreException::code)
        .map(ErrorCode::name)
        .orElseGet(() -> told(plan.steps()));
  }

  private static String told(List<Step> steps) {
    return steps.isEmpty()
        ? "nothing"
        : String.join(", ", steps.stream().map(Step::toString).toList());
  }

  private static ZvolStatus status(String state, ByteSize size) {
    MappingState known = MappingState.valueOf(state);
    boolean held = known != MappingState.UNMAPPED && known != MappingState.DELETING;
    boolean mapped = known == MappingState.MAPPED;
    return new ZvolStatus(V1, size, known, held ? H1 : null, mapped ? mapping(size) : null);
  }

  private static Mapping mapping(ByteSize size) {
    VolumeId id = VolumeId.parse("0b9d8c1e-4c39-4b8e-9d3c-0c6f3e6b7a11");
    Target target =
        new Target(new Iqn("iqn.2026-11.io.vmstore:v1"), List.of(Portal.parse("10.0.0.1")));
    DevicePath device = new DevicePath("/dev/sdb");
    return new Mapping(V1, id, H1, size, target, device, device, 1);
  }

  private static String told(DesiredVolume wish, @Nullable ZvolStatus found) {
    return told(Planner.plan(wish, Optional.ofNullable(found)));
  }

  @Test
  void aMappingWhoseVolumeIsNotThereShouldBeWaitedFor() {
    ZvolStatus status = new ZvolStatus(V1, null, MappingState.MAPPING, H1, null);
    assertThat(told(CONNECTED, status)).startsWith("wait");
  }

  @Test
  void connectedShouldCreateOnlyWithASize() {
    assertThat(told(CONNECTED.ofSize(SIZE), null)).isEqualTo("create with 10G, connect to h1");
  }

  @Test
  void aSizeShouldBeTheLeast() {
    ByteSize less = ByteSize.gibibytes(9);
    for (String state : List.of("UNMAPPED", "MAPPED")) {
      assertThat(told(PRESENT, status(state, less))).isEqualTo("FAILED_PRECONDITION");
      assertThat(told(CONNECTED.ofSize(SIZE), status(state, less)))
          .isEqualTo("FAILED_PRECONDITION");
      assertThat(told(PRESENT.ofSize(less), status(state, SIZE))).isEqualTo("nothing");
      assertThat(told(EXTENDED, status(state, less))).isEqualTo("grow from 9G to 10G");
    }
  }

  @Test
  void extendedShouldRefuseToShrinkAndNotTakeARoundedSizeForAnother() {
    ByteSize rounded = new ByteSize(SIZE.bytes() + 8192);
    ByteSize odd = new ByteSize(SIZE.bytes() + 1);
    assertThat(told(EXTENDED.ofSize(odd), status("MAPPED", rounded))).isEqualTo("nothing");
    assertThat(told(EXTENDED, status("MAPPED", ByteSize.gibibytes(11))))
        .isEqualTo("FAILED_PRECONDITION");
  }

  @Test
  void aVolumeThatItsHostSeesSmallerShouldGrowAgain() {
    ZvolStatus grownBehindItsHost =
        new ZvolStatus(V1, SIZE, MappingState.MAPPED, H1, mapping(ByteSize.gibibytes(9)));
    assertThat(told(EXTENDED, grownBehindItsHost)).isEqualTo("grow from 9G to 10G");
  }

  @Test
  void aRefusalShouldNameTheHostAndTheWayOut() {
    VmStoreException refusal =
        Planner.plan(wish("elsewhere"), Optional.of(status("MAPPED", SIZE)))
            .refused()
            .orElseThrow();
    assertThat(refusal.getMessage()).contains("'h1'").contains("'from: h1'");
    assertThat(refusal.details()).containsEntry("host", "h1");
  }
}
