package io.vmstore.core.compute;

import io.vmstore.error.ErrorCode;
import io.vmstore.fuzz.Fuzz;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A damaged record is refused as such, and no part of it is used. */
class AttachmentRecordFuzzTest {
  @Test
  void recordShouldReadBackOrBeRefused() {
    Fuzz.of(AttachmentRecordFuzzTest.class, "attachment-record")
        .check(
            input ->
                Fuzz.parsed(
                        Set.of(ErrorCode.INVALID_ARGUMENT), () -> AttachmentRecord.decode(input))
                    .ifPresent(
                        record ->
                            Fuzz.requireEqual(record, AttachmentRecord.decode(record.encode()))));
  }
}
