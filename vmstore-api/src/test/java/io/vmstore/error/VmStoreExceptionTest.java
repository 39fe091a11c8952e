package io.vmstore.error;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import org.junit.jupiter.api.Test;

final class VmStoreExceptionTest {
  private final VmStoreException failure =
      VmStoreException.builder(ErrorCode.BUSY, "cannot map 'tank/v1'")
          .reason("'delete' is under way")
          .correction("repeat the call")
          .detail("operation", "delete")
          .build();

  @Test
  void messageShouldSayWhatWhyAndWhatToDo() {
    assertThat(failure)
        .hasMessage("BUSY: cannot map 'tank/v1': 'delete' is under way; repeat the call");
    assertThat(VmStoreException.builder(ErrorCode.INTERNAL, "it broke").build())
        .hasMessage("INTERNAL: it broke");
  }

  @Test
  void exceptionShouldSurviveSerialisation() throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(failure);
    }
    try (ObjectInputStream in =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      assertThat(((VmStoreException) in.readObject()).details())
          .containsEntry("operation", "delete");
    }
  }

  @Test
  void onlyPassingConditionsShouldBeRetryable() {
    assertThat(ErrorCode.values())
        .filteredOn(ErrorCode::retryable)
        .containsExactly(
            ErrorCode.BUSY,
            ErrorCode.UNAVAILABLE,
            ErrorCode.DEADLINE_EXCEEDED,
            ErrorCode.CANCELLED);
  }
}
