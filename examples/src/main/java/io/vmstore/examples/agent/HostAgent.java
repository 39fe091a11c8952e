package io.vmstore.examples.agent;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmstore.core.ManagedHost;
import io.vmstore.core.SystemScheduler;
import io.vmstore.core.flow.Failures;
import io.vmstore.core.json.Json;
import io.vmstore.core.json.JsonFields;
import io.vmstore.core.state.FileStateStore;
import io.vmstore.error.VmStoreException;
import io.vmstore.examples.agent.Lines.Line;
import io.vmstore.examples.cli.Documents;
import io.vmstore.examples.cli.ExitCode;
import io.vmstore.examples.daemon.Ports;
import io.vmstore.examples.daemon.Resources;
import io.vmstore.spi.StateStore;
import io.vmstore.spi.VolumeConnector;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code vmstore-agent}: a request a line on standard input, its answer a line on standard output
 * as soon as there is one. It ends when its input does, after the last answer.
 *
 * <p>Thread safety: confined to the main thread; answers come from others.
 */
public final class HostAgent {
  private static final Logger LOG = LoggerFactory.getLogger(HostAgent.class);

  /** Whoever asks for more at once waits until something was answered. */
  private static final int AT_ONCE = 64;

  private final Requests requests;
  private final PrintStream output;
  private final Semaphore free = new Semaphore(AT_ONCE);

  private HostAgent(Requests requests, PrintStream output) {
    this.requests = requests;
    this.output = output;
  }

  /**
   * Runs to the end of standard input.
   *
   * @param arguments the path of the configuration file; with the name of a method after it,
   *     standard input is that method's parameters, and standard output its result
   */
  @SuppressWarnings("SystemOut") // standard output is what a program reads
  public static void main(String[] arguments) {
    PrintStream output = System.out;
    if (arguments.length < 1 || arguments.length > 2) {
      System.err.println(
          "usage: vmstore-agent FILE [METHOD]\n  FILE  see etc/agent.properties.example");
      System.exit(ExitCode.USAGE);
      return;
    }
    System.exit(run(arguments, System.in, output));
  }

  static int run(String[] arguments, InputStream input, PrintStream output) {
    Resources resources = new Resources();
    Runtime.getRuntime().addShutdownHook(new Thread(resources::close, "vmstore-agent-stop"));
    try {
      AgentSettings settings = AgentSettings.read(Path.of(arguments[0]));
      ManagedHost host = open(settings, resources);
      Requests requests = new Requests(host.volumes(), settings.timeout());
      if (arguments.length == 2) {
        host.recovered().join();
        return once(requests, arguments[1], input, output);
      }
      LOG.info("vmstore-agent ready: database in '{}'", settings.stateDirectory());
      host.recovered().thenRun(() -> LOG.info("vmstore-agent recovered: nothing is half attached"));
      new HostAgent(requests, output).serve(new BufferedInputStream(input));
      return ExitCode.SUCCESS;
    } catch (VmStoreException | IOException e) {
      VmStoreException failure = Failures.of(e);
      LOG.error("vmstore-agent ends: {}", failure.getMessage());
      return ExitCode.of(failure.code());
    } finally {
      resources.close();
    }
  }

  private static ManagedHost open(AgentSettings settings, Resources resources) {
    SystemScheduler scheduler = resources.add(SystemScheduler.create("vmstore-agent"));
    StateStore store = resources.add(FileStateStore.open(settings.stateDirectory()));
    VolumeConnector connector = AgentStorage.connector(settings, resources);
    return ManagedHost.builder()
        .scheduler(scheduler)
        .store(Ports.watched(store, StateStore.class, "store"))
        .connector(Ports.watched(connector, VolumeConnector.class, "connector"))
        .start();
  }

  private static int once(Requests requests, String method, InputStream input, PrintStream output)
      throws IOException {
    try {
      JsonFields params = Json.readConfidential(input.readAllBytes(), "params");
      JsonNode result = requests.result(method, params).join();
      output.println(result);
      return ExitCode.SUCCESS;
    } catch (VmStoreException | CompletionException e) {
      VmStoreException failure = Failures.of(e);
      output.println(Documents.error(failure));
      return ExitCode.of(failure.code());
    }
  }

  private void serve(InputStream input) throws IOException {
    Lines lines = new Lines(input);
    Optional<Line> line = lines.next();
    while (line.isPresent() && !output.checkError()) {
      take(line.get());
      line = lines.next();
    }
    free.acquireUninterruptibly(AT_ONCE);
  }

  private void take(Line line) {
    if (line.blank()) {
      return;
    }
    free.acquireUninterruptibly();
    if (!line.whole()) {
      answered(Requests.tooLong(Lines.LONGEST));
      return;
    }
    requests.answer(line.bytes()).thenAccept(this::answered);
  }

  private void answered(ObjectNode answer) {
    synchronized (output) {
      output.println(answer);
      output.flush();
    }
    free.release();
  }
}
