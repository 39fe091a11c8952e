package io.vmstore.amqp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.anyBoolean;
import static org.mockito.ArgumentMatchers.anyLong;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.inOrder;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.verifyNoMoreInteractions;

import com.rabbitmq.client.Channel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mockito.InOrder;

class AcknowledgementsTest {
  private final Channel channel = mock(Channel.class);
  private final Acknowledgements acknowledgements = new Acknowledgements(channel);

  @Test
  void whatHasEndedShouldBeToldAtOnce() throws IOException {
    assertThat(acknowledgements.add(1)).isTrue();
    assertThat(acknowledgements.add(3)).as("somebody is about to tell").isFalse();
    acknowledgements.add(2);
    acknowledgements.tell();
    verify(channel).basicAck(3, true);
    verifyNoMoreInteractions(channel);
    assertThat(acknowledgements.add(4)).isTrue();
  }

  @Test
  void requestThatTakesLongShouldHoldUpNoOther() throws IOException {
    acknowledgements.add(2);
    acknowledgements.add(4);
    acknowledgements.tell();
    acknowledgements.add(1);
    acknowledgements.tell();
    acknowledgements.add(3);
    acknowledgements.add(5);
    acknowledgements.tell();
    InOrder order = inOrder(channel);
    order.verify(channel).basicAck(2, false);
    order.verify(channel).basicAck(4, false);
    order.verify(channel).basicAck(1, true);
    order.verify(channel).basicAck(5, true);
    verifyNoMoreInteractions(channel);
  }

  /** A broker closes the channel over a number that it does not wait for (basic.ack). */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void brokerShouldHearOfEachRequestOnceInWhateverOrderTheyEnd(long seed) throws IOException {
    Random random = new Random(seed);
    TreeSet<Long> awaited = new TreeSet<>();
    doAnswer(
            told -> {
              long tag = told.getArgument(0);
              assertThat(awaited.remove(tag)).as("%d is awaited", tag).isTrue();
              if (told.<Boolean>getArgument(1)) {
                awaited.headSet(tag).clear();
              }
              return null;
            })
        .when(channel)
        .basicAck(anyLong(), anyBoolean());
    List<Long> underWay = new ArrayList<>();
    for (long tag = 1; tag <= 1_000 || !underWay.isEmpty(); tag++) {
      if (tag <= 1_000) {
        awaited.add(tag);
        underWay.add(tag);
      }
      while (!underWay.isEmpty() && random.nextInt(20) < underWay.size()) {
        acknowledgements.add(underWay.remove(random.nextInt(underWay.size())));
        if (random.nextInt(3) == 0) {
          acknowledgements.tell();
          assertThat(awaited)
              .as("told of all that have ended")
              .containsExactlyElementsOf(new TreeSet<>(underWay));
        }
      }
    }
    acknowledgements.tell();
    assertThat(awaited).isEmpty();
  }
}
