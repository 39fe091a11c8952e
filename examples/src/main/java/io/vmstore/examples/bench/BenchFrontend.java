package io.vmstore.examples.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.vmstore.CallOptions;
import io.vmstore.ExposeZvol;
import io.vmstore.MapZvol;
import io.vmstore.NasService;
import io.vmstore.ZvolQuery;
import io.vmstore.core.VmStore;
import io.vmstore.examples.broker.BrokerLogin;
import io.vmstore.examples.broker.BrokerTls;
import io.vmstore.examples.broker.Brokers;
import io.vmstore.examples.broker.PasswordFile;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Iqn;
import io.vmstore.model.NodeName;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.Transport;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * Makes the requests that are on the lines of standard input, each as soon as it is read, and
 * answers each with a line of JSON, in the order in which they end:
 *
 * <pre>
 * ID map NAS POOL/ZVOL HOST SIZE
 * ID unmap NAS POOL/ZVOL
 * ID rm NAS POOL/ZVOL
 * ID ls NAS
 * </pre>
 *
 * <p>The time in the answer is from before the call until its future is complete, as an embedder
 * would see it. The environment says where the broker is, as for {@code vmstore}: VMSTORE_BROKER,
 * VMSTORE_USER, VMSTORE_PASSWORD_FILE.
 */
public final class BenchFrontend {
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  private final VmStore store;
  private final Answers answers;

  private BenchFrontend(VmStore store, Answers answers) {
    this.store = store;
    this.answers = answers;
  }

  /** Runs until the end of standard input. */
  public static void main(String[] arguments) throws IOException {
    try (Transport transport = Brokers.connect(login(System.getenv()), PATIENCE)) {
      BenchFrontend frontend = new BenchFrontend(VmStore.over(transport), new Answers(System.out));
      frontend.serve(new BufferedReader(new InputStreamReader(System.in, UTF_8)));
    }
  }

  private static BrokerLogin login(Map<String, String> environment) {
    return new BrokerLogin(
        environment.getOrDefault("VMSTORE_BROKER", "127.0.0.1:5672"),
        environment.getOrDefault("VMSTORE_USER", ""),
        PasswordFile.read(Path.of(environment.getOrDefault("VMSTORE_PASSWORD_FILE", ""))),
        "/",
        BrokerTls.NONE);
  }

  private void serve(BufferedReader lines) throws IOException {
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      List<String> words = List.of(line.strip().split(" +"));
      String id = words.get(0);
      long start = System.nanoTime();
      CompletableFuture.completedFuture(words)
          .thenCompose(this::asked)
          .whenComplete(
              (result, failure) -> answers.print(id, System.nanoTime() - start, result, failure));
    }
  }

  private CompletableFuture<? extends Object> asked(List<String> words) {
    NasService nas = store.nas(new NodeName(words.get(2)));
    CallOptions options = CallOptions.within(PATIENCE);
    return switch (words.get(1)) {
      case "map" -> nas.mapZvol(map(words), options);
      case "expose" -> nas.exposeZvol(expose(words), options);
      case "unmap" -> nas.unmapZvol(zvol(words), options);
      case "rm" -> nas.deleteZvol(zvol(words), options);
      case "ls" -> nas.listZvols(ZvolQuery.all(), options);
      default -> throw new IllegalArgumentException("no request '" + words.get(1) + "'");
    };
  }

  private static MapZvol map(List<String> words) {
    return new MapZvol(zvol(words), new NodeName(words.get(4)), ByteSize.parse(words.get(5)));
  }

  private static ExposeZvol expose(List<String> words) {
    Iqn initiator = new Iqn(words.get(5));
    ByteSize size = ByteSize.parse(words.get(6));
    return new ExposeZvol(zvol(words), new NodeName(words.get(4)), initiator, size);
  }

  private static ZvolName zvol(List<String> words) {
    return ZvolName.parse(words.get(3));
  }
}
