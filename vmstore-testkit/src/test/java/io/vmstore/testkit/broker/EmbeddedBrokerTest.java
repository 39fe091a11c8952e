package io.vmstore.testkit.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.Map;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;

final class EmbeddedBrokerTest {
  private static final byte[] AMQP_HEADER = {'A', 'M', 'Q', 'P', 0, 0, 9, 1};

  @Test
  void brokersShouldServeSideBySide() throws IOException {
    try (EmbeddedBroker one = EmbeddedBroker.start();
        EmbeddedBroker other = EmbeddedBroker.start()) {
      assertThat(one.port()).isNotEqualTo(other.port());
      assertThat(answers(one.port())).isTrue();
      assertThat(answers(other.port())).isTrue();
    }
  }

  @Test
  void closedBrokerShouldFreeItsPortForTheNext() throws IOException {
    int port;
    try (EmbeddedBroker first = EmbeddedBroker.start()) {
      port = first.port();
    }
    Assertions.assertThatThrownBy(() -> answers(port)).isInstanceOf(ConnectException.class);
    try (EmbeddedBroker second = EmbeddedBroker.start(port, Map.of("u", "p"))) {
      assertThat(second.port()).isEqualTo(port);
      assertThat(answers(port)).isTrue();
    }
  }

  private static boolean answers(int port) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(5000);
      socket.getOutputStream().write(AMQP_HEADER);
      return socket.getInputStream().read() == 1; // a method frame: connection.start
    }
  }
}
