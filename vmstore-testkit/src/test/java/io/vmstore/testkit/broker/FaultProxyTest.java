package io.vmstore.testkit.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class FaultProxyTest {
  private ServerSocket echo;
  private FaultProxy proxy;

  @BeforeEach
  void startEcho() throws IOException {
    echo = new ServerSocket(0, 0, InetAddress.getLoopbackAddress());
    Thread server = new Thread(this::serve, "echo");
    server.setDaemon(true);
    server.start();
    proxy = FaultProxy.to(echo.getLocalPort());
  }

  @AfterEach
  void stop() throws IOException {
    proxy.close();
    echo.close();
  }

  @Test
  void bytesShouldPass() throws IOException {
    try (Socket client = connect()) {
      assertThat(roundTrip(client, 'a')).isEqualTo('a');
    }
  }

  @Test
  void cutShouldResetConnectionsAndServeNewOnes() throws IOException {
    try (Socket client = connect();
        Socket later = connectAfterCut(client)) {
      assertThatThrownBy(() -> roundTrip(client, 'a')).isInstanceOf(IOException.class);
      assertThat(roundTrip(later, 'b')).isEqualTo('b');
    }
  }

  @Test
  void refuseShouldResetNewConnectionsUntilHealed() throws IOException {
    proxy.refuse();
    try (Socket client = connect()) {
      assertThatThrownBy(() -> roundTrip(client, 'a')).isInstanceOf(IOException.class);
    }
    proxy.heal();
    try (Socket client = connect()) {
      assertThat(roundTrip(client, 'b')).isEqualTo('b');
    }
  }

  @Test
  void blackHoleShouldSwallowBytesAndKeepTheConnection() throws IOException {
    try (Socket client = connect()) {
      roundTrip(client, 'a');
      proxy.blackHole();
      client.setSoTimeout(100);
      assertThatThrownBy(() -> roundTrip(client, 'b')).isInstanceOf(SocketTimeoutException.class);
      proxy.heal();
      await().until(() -> proxy.connections() == 0);
    }
  }

  @Test
  void strandShouldResetTheClientAndKeepTheServersSide() throws IOException {
    try (Socket client = connect()) {
      roundTrip(client, 'a');
      proxy.strand();
      assertThatThrownBy(() -> roundTrip(client, 'b')).isInstanceOf(IOException.class);
      assertThat(proxy.connections()).isEqualTo(1);
    }
  }

  @Test
  void delayShouldHoldBytesBackInEachDirection() throws IOException {
    proxy.delay(Duration.ofMillis(40));
    try (Socket client = connect()) {
      long begin = System.nanoTime();
      roundTrip(client, 'a');
      assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThan(Duration.ofMillis(75));
    }
  }

  private Socket connect() throws IOException {
    return new Socket(InetAddress.getLoopbackAddress(), proxy.port());
  }

  private Socket connectAfterCut(Socket client) throws IOException {
    roundTrip(client, 'x');
    proxy.cut();
    return connect();
  }

  private static int roundTrip(Socket client, int sent) throws IOException {
    client.getOutputStream().write(sent);
    int received = client.getInputStream().read();
    if (received < 0) {
      throw new IOException("closed");
    }
    return received;
  }

  private void serve() {
    while (!echo.isClosed()) {
      try {
        Socket client = echo.accept();
        Thread thread = new Thread(() -> echo(client), "echo-client");
        thread.setDaemon(true);
        thread.start();
      } catch (IOException e) {
        return;
      }
    }
  }

  private static void echo(Socket client) {
    try (client) {
      client.getInputStream().transferTo(client.getOutputStream());
    } catch (IOException e) {
      // The test cut it.
    }
  }
}
