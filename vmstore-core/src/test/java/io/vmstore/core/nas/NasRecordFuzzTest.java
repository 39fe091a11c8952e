package io.vmstore.core.nas;

import io.vmstore.error.ErrorCode;
import io.vmstore.fuzz.Fuzz;
import io.vmstore.spi.StateStore;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.mockito.Mockito;

/** A damaged record is refused as such, and no part of it is used. */
class NasRecordFuzzTest {
  private static final Set<ErrorCode> REFUSALS =
      Set.of(ErrorCode.INVALID_ARGUMENT, ErrorCode.INTERNAL);

  private final RecordStores stores = RecordStores.shared(Mockito.mock(StateStore.class));

  @Test
  void volumeRecordShouldReadBackOrBeRefused() {
    Fuzz.of(NasRecordFuzzTest.class, "volume-record")
        .check(
            input -> {
              Fuzz.parsed(REFUSALS, () -> VolumeRecordCodec.decode(input))
                  .ifPresent(
                      record ->
                          Fuzz.requireEqual(
                              record, VolumeRecordCodec.decode(VolumeRecordCodec.encode(record))));
              Fuzz.parsed(Set.of(ErrorCode.INTERNAL), () -> loaded(input));
            });
  }

  private Object loaded(byte[] input) {
    VolumeRecords records = new VolumeRecords(stores);
    records.load(Map.of("tank/v1", input));
    return records.all();
  }

  @Test
  void fenceRecordShouldBeReadOrRefused() {
    String key = "tank/-fence/0b9d8c1e-0000-4000-8000-000000000001.3";
    Fuzz.of(NasRecordFuzzTest.class, "fence-record")
        .check(input -> Fuzz.parsed(Set.of(ErrorCode.INTERNAL), () -> fences(key, input)));
  }

  private Object fences(String key, byte[] input) {
    Fences fences = new Fences(stores);
    fences.load(Map.of(key, input));
    return fences.all();
  }
}
