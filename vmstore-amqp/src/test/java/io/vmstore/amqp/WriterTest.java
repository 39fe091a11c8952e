package io.vmstore.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class WriterTest {
  private final List<Runnable> handedOver = new ArrayList<>();
  private final List<String> written = new ArrayList<>();
  private final Writer writer = new Writer(handedOver::add);

  @Test
  void writeShouldNeverUseTheCallersThread() {
    assertThat(writer.write(() -> written.add("a"))).isTrue();
    writer.write(() -> written.add("b"));
    assertThat(written).isEmpty();
    assertThat(handedOver).hasSize(1);
    handedOver.get(0).run();
    assertThat(written).containsExactly("a", "b");
  }

  @Test
  void writeHereShouldNotOvertakeWhatWaits() {
    writer.write(() -> written.add("a"));
    writer.writeHere(() -> written.add("b"));
    assertThat(written).isEmpty();
    handedOver.get(0).run();
    assertThat(written).containsExactly("a", "b");
  }

  @Test
  void writeHereShouldLeaveWhatCameMeanwhileToOthers() {
    writer.writeHere(
        () -> {
          written.add("a");
          writer.writeHere(() -> written.add("b")); // as by another thread meanwhile
        });
    assertThat(written).containsExactly("a");
    handedOver.get(0).run();
    assertThat(written).containsExactly("a", "b");
  }

  @Test
  void closedWriterShouldTakeNothingMoreAndWriteWhatItTook() {
    writer.write(() -> written.add("a"));
    writer.close();
    assertThat(writer.write(() -> written.add("b"))).isFalse();
    handedOver.get(0).run();
    assertThat(written).containsExactly("a");
  }
}
