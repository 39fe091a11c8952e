package io.vmstore.testkit.contract;

import static io.vmstore.testkit.contract.Checks.REPEATS;
import static io.vmstore.testkit.contract.Checks.assertRefused;
import static io.vmstore.testkit.contract.Checks.atOnce;
import static io.vmstore.testkit.contract.Checks.cannot;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.spi.StateStore;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What every {@link StateStore} promises. A subclass says how to open one on storage that is empty
 * at the start of each test; the optional methods play the accident.
 */
public abstract class StateStoreContract {
  private static final int LARGEST_VALUE = 64 * 1024;
  private static final int LONGEST_KEY = 200;

  private StateStore store;

  /** {@return a store on the test's storage; called again once the one before is closed} */
  protected abstract StateStore open();

  /** Damages the stored form of a record, while no store is open. */
  protected void damage(String key) {
    throw cannot("damage a record");
  }

  /** Leaves what a write leaves that the loss of power cut short, while no store is open. */
  protected void leaveTornWrite(String key) {
    throw cannot("leave a torn write");
  }

  /** {@return how long one call may take at most} */
  protected Duration patience() {
    return Duration.ofSeconds(30);
  }

  @BeforeEach
  final void openStore() {
    store = open();
  }

  @AfterEach
  final void closeStore() {
    store.close();
  }

  private void reopen() {
    store.close();
    store = open();
  }

  private void write(String key, String value) {
    store.write(key, value.getBytes(StandardCharsets.UTF_8));
  }

  private byte[] record(String key) {
    return Objects.requireNonNull(store.readAll().get(key), key);
  }

  private void assertRecords(Map<String, String> expected) {
    Map<String, byte[]> actual = store.readAll();
    assertThat(actual).containsOnlyKeys(expected.keySet());
    expected.forEach(
        (key, value) ->
            assertThat(actual.get(key)).asString(StandardCharsets.UTF_8).isEqualTo(value));
  }

  @Test
  void aNewStoreShouldBeEmpty() {
    assertThat(store.readAll()).isEmpty();
  }

  @Test
  void writeShouldBeRead() {
    write("tank/vol1", "one");
    assertRecords(Map.of("tank/vol1", "one"));
  }

  @Test
  void writeShouldSurviveAReopening() {
    write("tank/vol1", "one");
    write("tank/vol10", "ten");
    reopen();
    assertRecords(Map.of("tank/vol1", "one", "tank/vol10", "ten"));
  }

  @Test
  void writeShouldReplaceTheRecordOfThatKeyOnly() {
    write("vol1", "a much longer value than the next one");
    write("vol10", "ten");
    write("vol1", "short");
    assertRecords(Map.of("vol1", "short", "vol10", "ten"));
    reopen();
    assertRecords(Map.of("vol1", "short", "vol10", "ten"));
  }

  @Test
  void writeAgainShouldHaveNoFurtherEffect() {
    for (int i = 0; i < REPEATS; i++) {
      write("vol1", "one");
    }
    assertRecords(Map.of("vol1", "one"));
  }

  @Test
  void keysShouldNotBeConfused() {
    List<String> keys =
        List.of("a", "A", "a/b", "a.b", "a_b", "a-b", "ab", "a/", "/a", "..", ".", "../a", "lock");
    keys.forEach(key -> write(key, "value of " + key));
    reopen();
    assertThat(store.readAll()).containsOnlyKeys(keys);
    store
        .readAll()
        .forEach((key, value) -> assertThat(value).asString().isEqualTo("value of " + key));
  }

  @Test
  void writeShouldTakeTheLongestKey() {
    String key = "k".repeat(LONGEST_KEY);
    write(key, "one");
    reopen();
    assertRecords(Map.of(key, "one"));
    store.remove(key);
    assertRecords(Map.of());
  }

  @Test
  void longKeysThatDifferAtTheEndShouldNotBeConfused() {
    String begin = "k".repeat(LONGEST_KEY - 1);
    write(begin + "1", "one");
    write(begin + "2", "two");
    assertRecords(Map.of(begin + "1", "one", begin + "2", "two"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "a b", "a@b", "ä", "a\nb", "a\u0000b", "a\\b"})
  void writeShouldRefuseAKeyOutsideTheGrammar(String key) {
    assertRefused(ErrorCode.INVALID_ARGUMENT, () -> write(key, "one"));
    assertThat(store.readAll()).isEmpty();
  }

  @Test
  void writeShouldRefuseAKeyThatIsTooLong() {
    assertRefused(ErrorCode.INVALID_ARGUMENT, () -> write("k".repeat(LONGEST_KEY + 1), "one"));
  }

  @Test
  void writeShouldTakeEveryByteAndEveryLength() {
    byte[] largest = new byte[LARGEST_VALUE];
    for (int i = 0; i < largest.length; i++) {
      largest[i] = (byte) i;
    }
    store.write("largest", largest);
    store.write("empty", new byte[0]);
    reopen();
    assertThat(store.readAll().get("largest")).isEqualTo(largest);
    assertThat(store.readAll().get("empty")).isEmpty();
  }

  @Test
  void writeShouldRefuseAValueThatIsTooLargeAndKeepTheOldOne() {
    write("vol1", "one");
    assertRefused(
        ErrorCode.INVALID_ARGUMENT, () -> store.write("vol1", new byte[LARGEST_VALUE + 1]));
    assertRecords(Map.of("vol1", "one"));
  }

  @Test
  void whatTheCallerDoesToItsArraysShouldNotReachTheRecords() {
    byte[] value = {1, 2, 3};
    store.write("vol1", value);
    value[0] = 99;
    record("vol1")[1] = 99;
    assertThat(record("vol1")).containsExactly(1, 2, 3);
  }

  @Test
  void removeShouldForgetTheRecordOfThatKeyOnly() {
    write("vol1", "one");
    write("vol10", "ten");
    store.remove("vol1");
    assertRecords(Map.of("vol10", "ten"));
    reopen();
    assertRecords(Map.of("vol10", "ten"));
  }

  @Test
  void removeAgainShouldSucceed() {
    write("vol1", "one");
    for (int i = 0; i < REPEATS; i++) {
      store.remove("vol1");
    }
    store.remove("never-was");
    assertThat(store.readAll()).isEmpty();
  }

  @Test
  void removeShouldMakeRoomForANewRecord() {
    write("vol1", "old");
    store.remove("vol1");
    write("vol1", "new");
    reopen();
    assertRecords(Map.of("vol1", "new"));
  }

  @Test
  void writesOfDifferentRecordsAtOnceShouldAllBeKept() {
    atOnce(
        8,
        patience(),
        i ->
            () -> {
              for (int round = 0; round < REPEATS; round++) {
                write("vol" + i, i + " round " + round);
              }
              return i;
            });
    reopen();
    Map<String, byte[]> records = store.readAll();
    assertThat(records).hasSize(8);
    for (int i = 0; i < 8; i++) {
      assertThat(records.get("vol" + i)).asString().isEqualTo(i + " round " + (REPEATS - 1));
    }
  }

  @Test
  void readingWhileOthersWriteShouldSeeWholeRecordsOnly() {
    write("vol1", "0".repeat(5000));
    atOnce(
        2,
        patience(),
        i ->
            () -> {
              for (int round = 0; round < 50; round++) {
                if (i == 0) {
                  write("vol1", String.valueOf(round % 10).repeat(5000));
                } else {
                  byte[] seen = record("vol1");
                  assertThat(seen).hasSize(5000).containsOnly(seen[0]);
                }
              }
              return i;
            });
  }

  @Test
  void aTornWriteShouldLeaveTheOldRecord() {
    write("vol1", "one");
    store.close();
    leaveTornWrite("vol1");
    leaveTornWrite("vol2");
    store = open();
    assertRecords(Map.of("vol1", "one"));
    write("vol1", "two");
    assertRecords(Map.of("vol1", "two"));
  }

  @Test
  void aDamagedRecordShouldBeReportedByNameAndNothingChanged() {
    write("vol1", "one");
    write("vol2", "two");
    store.close();
    damage("vol1");
    VmStoreException failure =
        Checks.assertFails(
            ErrorCode.INTERNAL,
            () -> {
              store = open();
              store.readAll();
            });
    assertThat(failure.toString() + failure.details()).contains("vol1");
  }

  @Test
  void writeShouldSayWhatIsWhenInterrupted() {
    write("vol1", "one");
    boolean done = Checks.interrupted(patience(), () -> write("vol1", "two"));
    if (done) {
      assertRecords(Map.of("vol1", "two"));
    }
    write("vol1", "three");
    reopen();
    assertRecords(Map.of("vol1", "three"));
  }

  @Test
  void removeShouldSayWhatIsWhenInterrupted() {
    write("vol1", "one");
    if (Checks.interrupted(patience(), () -> store.remove("vol1"))) {
      assertThat(store.readAll()).isEmpty();
    }
    store.remove("vol1");
    reopen();
    assertThat(store.readAll()).isEmpty();
  }

  @Test
  void callsAfterCloseShouldFailWithUnavailable() {
    write("vol1", "one");
    store.close();
    assertRefused(ErrorCode.UNAVAILABLE, () -> store.readAll());
    assertRefused(ErrorCode.UNAVAILABLE, () -> write("vol1", "two"));
    assertRefused(ErrorCode.UNAVAILABLE, () -> store.remove("vol1"));
    store = open();
    assertRecords(Map.of("vol1", "one"));
  }

  @Test
  void closeAgainShouldBeHarmless() {
    write("vol1", "one");
    store.close();
    assertThatCode(store::close).doesNotThrowAnyException();
    store = open();
    assertThat(store.readAll()).containsOnlyKeys("vol1");
  }
}
