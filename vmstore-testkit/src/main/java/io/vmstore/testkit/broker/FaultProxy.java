package io.vmstore.testkit.broker;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * A TCP proxy on loopback that fails on demand, as networks do: it cuts connections, refuses new
 * ones, delays, or swallows what is sent while the connection seems alive.
 *
 * <p>Obtained from {@link #to}. Thread safety: thread-safe.
 */
public final class FaultProxy implements AutoCloseable {
  private enum Mode {
    PASS,
    REFUSE,
    BLACK_HOLE
  }

  private static final int BUFFER_BYTES = 64 * 1024;

  private final int serverPort;
  private final ServerSocket listener;
  private final Set<Link> links = ConcurrentHashMap.newKeySet();
  private final AtomicLong made = new AtomicLong();
  private final AtomicLong swallowed = new AtomicLong();
  private volatile Mode mode = Mode.PASS;
  private volatile Duration delay = Duration.ZERO;

  private FaultProxy(int serverPort, ServerSocket listener) {
    this.serverPort = serverPort;
    this.listener = listener;
  }

  /** {@return a proxy, on a free port, to the server on the given port of loopback} */
  public static FaultProxy to(int serverPort) {
    try {
      ServerSocket listener = new ServerSocket(0, 0, InetAddress.getLoopbackAddress());
      FaultProxy proxy = new FaultProxy(serverPort, listener);
      start("accept", proxy::accept);
      return proxy;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** {@return where clients connect} */
  public int port() {
    return listener.getLocalPort();
  }

  /** {@return how many connections are open} */
  public int connections() {
    return links.size();
  }

  /** {@return how many connections were made so far, open or not} */
  public long connectionsMade() {
    return made.get();
  }

  /** {@return how many bytes a black hole has swallowed so far} */
  public long swallowedBytes() {
    return swallowed.get();
  }

  /** Resets every connection. New ones are served. */
  public void cut() {
    links.forEach(Link::reset);
  }

  /**
   * Resets the client's side of every connection, and keeps the server's open and silent until
   * {@link #cut}: what a server sees of a client whose network is gone. New ones are served.
   */
  public void strand() {
    links.forEach(Link::strand);
  }

  /** Resets every connection, and each new one at once, until {@link #heal}. */
  public void refuse() {
    mode = Mode.REFUSE;
    cut();
  }

  /**
   * Swallows all bytes of both directions, until {@link #heal}: connections stay open and silent.
   */
  public void blackHole() {
    mode = Mode.BLACK_HOLE;
  }

  /** Holds back every piece of data, in each direction, for the given time from now on. */
  public void delay(Duration time) {
    delay = time;
  }

  /** Serves as if nothing had been. Connections that lost bytes are reset. */
  public void heal() {
    boolean bytesLost = mode == Mode.BLACK_HOLE;
    mode = Mode.PASS;
    delay = Duration.ZERO;
    if (bytesLost) {
      cut();
    }
  }

  /** Resets every connection and takes no more. */
  @Override
  public void close() {
    mode = Mode.REFUSE;
    quietly(listener);
    cut();
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        connect(listener.accept());
      } catch (IOException e) {
        // Closed, which ends the loop, or the client was gone already.
      }
    }
  }

  private void connect(Socket client) throws IOException {
    client.setTcpNoDelay(true);
    if (mode == Mode.REFUSE) {
      reset(client);
      return;
    }
    Socket server;
    try {
      server = new Socket(InetAddress.getLoopbackAddress(), serverPort);
    } catch (IOException e) {
      reset(client); // the server is down: so seems the proxy
      return;
    }
    server.setTcpNoDelay(true);
    Link link = new Link(client, server);
    links.add(link);
    made.incrementAndGet();
    if (mode == Mode.REFUSE) {
      link.reset(); // refused meanwhile, and not seen by the cut
    }
    start("up", () -> link.pump(client, server));
    start("down", () -> link.pump(server, client));
  }

  private static void start(String part, Runnable task) {
    Thread thread = new Thread(task, "fault-proxy-" + part);
    thread.setDaemon(true);
    thread.start();
  }

  private static void reset(Socket socket) {
    try {
      socket.setSoLinger(true, 0); // RST and not FIN: nothing in flight is delivered
    } catch (IOException e) {
      // Closed already.
    }
    quietly(socket);
  }

  private static void quietly(AutoCloseable socket) {
    try {
      socket.close();
    } catch (Exception e) {
      // Nothing depends on a socket that is given up.
    }
  }

  /** One connection through the proxy. */
  private final class Link {
    private final Socket client;
    private final Socket server;
    private volatile boolean stranded;

    Link(Socket client, Socket server) {
      this.client = client;
      this.server = server;
    }

    void reset() {
      links.remove(this);
      FaultProxy.reset(client);
      FaultProxy.reset(server);
    }

    void strand() {
      stranded = true;
      FaultProxy.reset(client);
    }

    void pump(Socket from, Socket to) {
      byte[] buffer = new byte[BUFFER_BYTES];
      try {
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream();
        for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
          forward(buffer, count, out);
        }
      } catch (IOException e) {
        // One side is gone; so is the other, but for a stranded one.
      }
      if (!stranded) {
        reset();
      }
    }

    private void forward(byte[] buffer, int count, OutputStream out) throws IOException {
      if (!delay.isZero()) {
        LockSupport.parkNanos(delay.toNanos());
      }
      if (mode == Mode.BLACK_HOLE) {
        swallowed.addAndGet(count);
      } else if (!stranded) {
        out.write(buffer, 0, count);
      }
    }
  }
}
