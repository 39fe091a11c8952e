package io.vmstore.examples.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmstore.error.VmStoreException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ResourcesTest {
  private final List<String> closed = new ArrayList<>();
  private final Resources resources = new Resources();

  @Test
  void closeShouldGoInReverseOrderAndPastAFailure() {
    resources.add(resource("store"));
    resources.add(
        () -> {
          throw new IllegalStateException("cannot");
        });
    resources.add(resource("transport"));
    resources.close();
    resources.close();
    assertThat(closed).containsExactly("transport", "store");
  }

  @Test
  void whatIsOpenedAfterTheCloseShouldBeClosedAtOnce() {
    resources.close();
    assertThatThrownBy(() -> resources.add(resource("transport")))
        .isInstanceOf(VmStoreException.class);
    assertThat(closed).containsExactly("transport");
  }

  @Test
  void oneClosedBeforeItsTimeShouldNotBeClosedAgain() {
    AutoCloseable transport = resources.add(resource("transport"));
    resources.close(transport);
    resources.close();
    assertThat(closed).containsExactly("transport");
  }

  private AutoCloseable resource(String name) {
    return () -> closed.add(name);
  }
}
