package io.vmstore.examples.cli;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.examples.broker.BrokerLogin;
import io.vmstore.examples.broker.PasswordFile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** {@code vmstore} itself: what every command takes. */
@Command(
    name = "vmstore",
    description = "Maps ZFS volumes of a NAS to compute nodes over iSCSI.",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true,
    scope = ScopeType.INHERIT,
    versionProvider = Version.class,
    sortOptions = false,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      " 0:done",
      " 1:'reconcile' left a difference unsettled",
      " 2:the command line is wrong",
      "10:INVALID_ARGUMENT",
      "11:NOT_FOUND",
      "12:ALREADY_EXISTS",
      "13:FAILED_PRECONDITION  change the state of the volume first",
      "14:BUSY                 repeat later",
      "15:RESOURCE_EXHAUSTED",
      "16:PERMISSION_DENIED",
      "17:UNAVAILABLE          repeat later",
      "18:DEADLINE_EXCEEDED    look with 'ls', then repeat",
      "19:CANCELLED",
      "20:UNIMPLEMENTED",
      "21:INTERNAL"
    })
final class GlobalOptions {
  private static final String PASSWORD = "VMSTORE_PASSWORD";

  private final Map<String, String> environment;

  @Option(
      names = "--json",
      scope = ScopeType.INHERIT,
      description = "Print one JSON document, also for an error.")
  boolean json;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "60",
      scope = ScopeType.INHERIT,
      description = "How long to wait for the answer (default: ${DEFAULT-VALUE}).")
  long timeoutSeconds;

  @Option(
      names = "--broker",
      paramLabel = "HOST:PORT",
      scope = ScopeType.INHERIT,
      description =
          "Where the broker is; several, with commas, are tried in order (env VMSTORE_BROKER; default: 127.0.0.1:5672).")
  @Nullable String addresses;

  @Option(
      names = "--user",
      paramLabel = "NAME",
      scope = ScopeType.INHERIT,
      description = "Who logs in to the broker (env VMSTORE_USER).")
  @Nullable String user;

  @Option(
      names = "--password-file",
      paramLabel = "FILE",
      scope = ScopeType.INHERIT,
      description =
          "The file that holds the password, and nothing else (env VMSTORE_PASSWORD_FILE, or the password itself in env VMSTORE_PASSWORD).")
  @Nullable Path passwordFile;

  @Option(
      names = "--virtual-host",
      paramLabel = "NAME",
      scope = ScopeType.INHERIT,
      description = "The broker's virtual host (env VMSTORE_VIRTUAL_HOST; default: /).")
  @Nullable String virtualHost;

  @Option(
      names = "--tls",
      scope = ScopeType.INHERIT,
      description =
          "Encrypt, and check the broker against the JVM's trust store (env VMSTORE_TLS=true).")
  boolean tls;

  GlobalOptions(Map<String, String> environment) {
    this.environment = Map.copyOf(environment);
  }

  Duration timeout() {
    if (timeoutSeconds < 1) {
      throw wrong("time-out '" + timeoutSeconds + "' is not valid", "give at least one second");
    }
    return Duration.ofSeconds(timeoutSeconds);
  }

  BrokerLogin login() {
    String brokers = addresses != null ? addresses : given("VMSTORE_BROKER", "127.0.0.1:5672");
    String name = user != null ? user : given("VMSTORE_USER", "");
    if (name.isEmpty()) {
      throw wrong("no user for the broker is given", "give --user or set VMSTORE_USER");
    }
    String host = virtualHost != null ? virtualHost : given("VMSTORE_VIRTUAL_HOST", "/");
    boolean encrypted = tls || given("VMSTORE_TLS", "").equals("true");
    return new BrokerLogin(brokers, name, password(), host, encrypted);
  }

  private String password() {
    if (passwordFile != null) {
      return PasswordFile.read(passwordFile);
    }
    String file = given("VMSTORE_PASSWORD_FILE", "");
    if (!file.isEmpty()) {
      return PasswordFile.read(Path.of(file));
    }
    String password = given(PASSWORD, "");
    if (password.isEmpty()) {
      throw wrong(
          "no password for the broker is given",
          "give --password-file or set VMSTORE_PASSWORD_FILE");
    }
    return password;
  }

  private String given(String variable, String otherwise) {
    return environment.getOrDefault(variable, otherwise);
  }

  private static VmStoreException wrong(String problem, String correction) {
    return VmStoreException.builder(ErrorCode.INVALID_ARGUMENT, problem)
        .correction(correction)
        .build();
  }
}
