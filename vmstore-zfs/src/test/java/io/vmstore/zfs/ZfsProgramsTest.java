package io.vmstore.zfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.exec.testing.ScriptedCommandRunner;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Deadline;
import io.vmstore.model.PoolName;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The exact commands, and the exact texts of failures. */
class ZfsProgramsTest {
  private static final ZvolName V1 = ZvolName.parse("tank/v1");
  private static final VolumeId ID = VolumeId.parse("00000000-0000-4000-8000-000000000001");
  private static final Deadline LATER = Deadline.after(Duration.ofMinutes(1));
  private static final String[] LOOK = {
    "zfs",
    "get",
    "-H",
    "-p",
    "-o",
    "name,property,value,source",
    "-t",
    "filesystem,volume",
    "type,sync,volsize,volmode,io.vmstore:id,io.vmstore:origin,available,used",
    "tank",
    "tank/v1"
  };
  private static final String POOL = "tank\tavailable\t1000\t-\ntank\tused\t24\t-\n";

  private final ScriptedCommandRunner runner = new ScriptedCommandRunner();
  private final ZfsConfig config = ZfsConfig.of(Set.of(new PoolName("tank")));
  private final ZfsPrograms programs = new ZfsPrograms(runner, config);

  @AfterEach
  void everythingExpectedRan() {
    runner.assertAllRan();
  }

  @Test
  void lookShouldTakeOnlyTheExactTextForAbsence() {
    runner.expect(1, POOL, "cannot open 'tank/v1': dataset does not exist\n", LOOK);
    assertThat(programs.look(V1, LATER).found()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cannot open 'tank/v10': dataset does not exist\n",
        "cannot open 'tank/v1': dataset does not exist or so\n",
        "cannot open 'tank/v1': dataset does not exist\ncannot open 'x': I/O error\n",
        "cannot open 'tank/v1': pool I/O is currently suspended\n",
        "Segmentation fault\n",
        ""
      })
  void lookShouldFailForEveryOtherText(String errors) {
    runner.expect(1, POOL, errors, LOOK);
    VmStoreException failure = failure(() -> programs.look(V1, LATER));
    assertThat(failure.code()).isNotEqualTo(ErrorCode.NOT_FOUND);
    assertThat(failure.outcomeUnknown()).isFalse();
  }

  @Test
  void lookShouldFailWhenASuccessfulProgramLeftTheVolumeOut() {
    runner.expect(POOL, LOOK);
    assertThat(failure(() -> programs.look(V1, LATER)).code()).isEqualTo(ErrorCode.INTERNAL);
  }

  @Test
  void lookShouldFailWhenThePoolIsNotImported() {
    runner.expect(
        1,
        "",
        "cannot open 'tank': dataset does not exist\ncannot open 'tank/v1': dataset does not exist\n",
        LOOK);
    assertThat(failure(() -> programs.look(V1, LATER)))
        .hasMessageContaining("zpool import tank")
        .extracting(VmStoreException::code)
        .isEqualTo(ErrorCode.UNAVAILABLE);
  }

  @Test
  void lookShouldRefuseOutputThatWasCut() {
    runner.expect(POOL + "[vmstore: the rest of this output was cut]\n", LOOK);
    assertThat(failure(() -> programs.look(V1, LATER)).code()).isEqualTo(ErrorCode.INTERNAL);
  }

  @Test
  void createShouldMarkTheVolumeInTheSameProgram() {
    runner.expect(
        "",
        ("zfs create -V 65536 -o volblocksize=16384 -o sync=always -o io.vmstore:id=%s"
                + " -o io.vmstore:origin=created tank/v1")
            .formatted(ID)
            .split(" "));
    programs.create(V1, ID, new ByteSize(65536), LATER);
  }

  @Test
  void createShouldBeSparseWhenThinAndLeaveSyncWhenToldSo() {
    ScriptedCommandRunner thinRunner = new ScriptedCommandRunner();
    thinRunner.expect(
        "",
        ("zfs create -s -V 65536 -o volblocksize=8192 -o io.vmstore:id=%s"
                + " -o io.vmstore:origin=created tank/v1")
            .formatted(ID)
            .split(" "));
    new ZfsPrograms(
            thinRunner,
            config.withThin(true).withBlockSize(ByteSize.parse("8K")).withDurableWrites(false))
        .create(V1, ID, new ByteSize(65536), LATER);
    thinRunner.assertAllRan();
  }

  @Test
  void adoptShouldSetBothPropertiesAtOnce() {
    runner.expect("", "zfs", "set", "io.vmstore:id=" + ID, "io.vmstore:origin=adopted", "tank/v1");
    programs.adopt(V1, ID, LATER);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "cannot destroy 'tank/v1': dataset is busy | BUSY | false",
        "cannot destroy 'tank/v1': volume has children | FAILED_PRECONDITION | false",
        "cannot destroy 'tank/v1': volume has dependent clones | FAILED_PRECONDITION | false",
        "cannot destroy 'tank/v1': permission denied | PERMISSION_DENIED | false",
        "cannot destroy 'tank/v1': pool is read-only | FAILED_PRECONDITION | false",
        "cannot destroy 'tank/v1': pool I/O is currently suspended | UNAVAILABLE | false",
        "The ZFS modules are not loaded. | UNAVAILABLE | false",
        "cannot open 'tank/v1': dataset does not exist | NOT_FOUND | false",
        "internal error: cannot destroy 'tank/v1': out of luck | INTERNAL | true",
        "cannot destroy 'tank/v1': I/O error | INTERNAL | true",
        "\"\" | INTERNAL | true"
      })
  void aFailureShouldBeClassifiedByItsExactPhrase(
      String errors, ErrorCode code, boolean outcomeUnknown) {
    runner.expect(1, "", errors + "\n", "zfs", "destroy", "tank/v1");
    VmStoreException failure = failure(() -> programs.destroy(V1, LATER));
    assertThat(failure.code()).isEqualTo(code);
    assertThat(failure.outcomeUnknown()).isEqualTo(outcomeUnknown);
    assertThat(failure).hasMessageContaining("'zfs destroy tank/v1' ended with 1: " + errors);
  }

  private static VmStoreException failure(Runnable call) {
    VmStoreException failure = catchThrowableOfType(VmStoreException.class, call::run);
    assertThat(failure).isNotNull();
    return failure;
  }
}
