package io.vmstore.examples.cli;

import io.vmstore.core.VmStore;
import io.vmstore.core.protocol.Authorization;
import io.vmstore.core.protocol.Role;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.examples.broker.BrokerLogin;
import io.vmstore.examples.broker.BrokerTls;
import io.vmstore.examples.broker.PasswordFile;
import io.vmstore.model.NodeName;
import io.vmstore.model.Portal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
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
      " 1:'reconcile' left a difference unsettled, or 'apply' a volume",
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
          "Encrypt, and check who signed the broker's certificate, and its name (env VMSTORE_TLS=true).")
  boolean tls;

  @Option(
      names = "--tls-authorities",
      paramLabel = "FILE",
      scope = ScopeType.INHERIT,
      description =
          "Who may have signed it, in PEM; otherwise whom the JVM trusts (env VMSTORE_TLS_AUTHORITIES).")
  @Nullable Path authorities;

  @Option(
      names = "--tls-certificate",
      paramLabel = "FILE",
      scope = ScopeType.INHERIT,
      description =
          "Our own certificate, in PEM, in place of a password (env VMSTORE_TLS_CERTIFICATE).")
  @Nullable Path certificate;

  @Option(
      names = "--tls-key",
      paramLabel = "FILE",
      scope = ScopeType.INHERIT,
      description = "Its private key, in PEM (PKCS #8) and not encrypted (env VMSTORE_TLS_KEY).")
  @Nullable Path key;

  @Option(
      names = "--plain",
      scope = ScopeType.INHERIT,
      description =
          "Allow a connection in clear to another machine, for all to read (env VMSTORE_PLAIN=allow).")
  boolean plain;

  @Option(
      names = "--nas-users",
      paramLabel = "NAME",
      scope = ScopeType.INHERIT,
      description =
          "The broker's users whose answers count as a NAS's, with commas and the node's name for * (env VMSTORE_USERS_NAS; default: vmstore-nas-*).")
  @Nullable String nasUsers;

  @Option(
      names = "--compute-users",
      paramLabel = "NAME",
      scope = ScopeType.INHERIT,
      description =
          "The same for compute nodes (env VMSTORE_USERS_COMPUTE; default: vmstore-compute-*).")
  @Nullable String computeUsers;

  @Option(
      names = "--legacy-nas",
      paramLabel = "NAS=PORTAL",
      scope = ScopeType.INHERIT,
      description =
          "A NAS of the predecessor, and where its targets listen, with commas; several NASes with ';' (env VMSTORE_LEGACY_NAS; see docs/legacy.md).")
  @Nullable String legacyNas;

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
    BrokerTls protection = protection();
    return new BrokerLogin(brokers, name, password(protection), host, protection);
  }

  /** {@return whose answers count} */
  Authorization authorization() {
    return Authorization.standard()
        .with(Role.NAS, users(nasUsers, "VMSTORE_USERS_NAS", "vmstore-nas-*"))
        .with(Role.COMPUTE, users(computeUsers, "VMSTORE_USERS_COMPUTE", "vmstore-compute-*"));
  }

  /** {@return a frontend that knows which NASes are of the predecessor} */
  VmStore withLegacyNases(VmStore store) {
    String text = legacyNas != null ? legacyNas : given("VMSTORE_LEGACY_NAS", "");
    VmStore known = store;
    for (String nas : text.isEmpty() ? new String[0] : text.split(";", -1)) {
      int equals = nas.indexOf('=');
      if (equals < 0) {
        throw wrong("legacy NAS '" + nas + "' is not valid", "write it like nas-0-0=10.0.0.1");
      }
      List<Portal> portals =
          Stream.of(nas.substring(equals + 1).split(",", -1))
              .map(String::strip)
              .map(Portal::parse)
              .toList();
      known = known.withLegacyNas(new NodeName(nas.substring(0, equals).strip()), portals);
    }
    return known;
  }

  private List<String> users(@Nullable String option, String variable, String otherwise) {
    String users = option != null ? option : given(variable, otherwise);
    return Stream.of(users.split(",", -1)).map(String::strip).toList();
  }

  private BrokerTls protection() {
    return new BrokerTls(
        tls || given("VMSTORE_TLS", "").equals("true"),
        plain || given("VMSTORE_PLAIN", "").equals("allow"),
        file(authorities, "VMSTORE_TLS_AUTHORITIES"),
        file(certificate, "VMSTORE_TLS_CERTIFICATE"),
        file(key, "VMSTORE_TLS_KEY"));
  }

  private @Nullable Path file(@Nullable Path option, String variable) {
    String name = given(variable, "");
    return option == null && !name.isEmpty() ? Path.of(name) : option;
  }

  private @Nullable String password(BrokerTls protection) {
    if (passwordFile != null) {
      return PasswordFile.read(passwordFile);
    }
    String file = given("VMSTORE_PASSWORD_FILE", "");
    if (!file.isEmpty()) {
      return PasswordFile.read(Path.of(file));
    }
    String password = given(PASSWORD, "");
    if (password.isEmpty() && protection.certificate() != null) {
      return null;
    }
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
