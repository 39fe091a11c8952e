package io.vmstore.examples.daemon;

import static java.util.stream.Collectors.toMap;

import io.vmstore.core.protocol.Authorization;
import io.vmstore.core.protocol.Role;
import io.vmstore.examples.broker.BrokerLogin;
import io.vmstore.examples.broker.BrokerTls;
import io.vmstore.examples.broker.PasswordFile;
import io.vmstore.model.NodeName;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What both daemons are told.
 *
 * @param name where the node listens
 * @param broker where the broker is
 * @param authorization which of its users play which role
 * @param brokerWait how long the broker is waited for at the start
 * @param stateDirectory where the node keeps its records
 */
record NodeSettings(
    NodeName name,
    BrokerLogin broker,
    Authorization authorization,
    Duration brokerWait,
    Path stateDirectory) {
  /** As good as for ever, and safe to add to a clock of nanoseconds. */
  static final Duration FOR_EVER = Duration.ofDays(365);

  private static final Setting<NodeName> NAME =
      Setting.required("node.name", NodeName::new, "the node's name, which is its routing key");
  private static final Setting<String> ADDRESSES =
      Setting.optional(
          "broker.addresses", "127.0.0.1:5672", Forms::text, "host:port, several with commas");
  private static final Setting<String> USERNAME =
      Setting.required("broker.username", Forms::text, "the broker's user for this node");
  private static final Setting<Optional<Path>> PASSWORD_FILE =
      file("broker.password.file", "a file that holds the password");
  private static final Setting<String> VIRTUAL_HOST =
      Setting.optional("broker.virtual.host", "/", Forms::text, "the broker's virtual host");
  private static final Setting<Boolean> TLS =
      Setting.optional("broker.tls", "false", Forms::flag, "true or false");
  private static final Setting<Optional<Path>> AUTHORITIES =
      file("broker.tls.authorities", "a PEM file of certificates");
  private static final Setting<Optional<Path>> CERTIFICATE =
      file("broker.tls.certificate", "a PEM file of this node's certificate");
  private static final Setting<Optional<Path>> KEY =
      file("broker.tls.key", "a PEM file of the certificate's private key");
  private static final Setting<String> PLAIN =
      Setting.optional("broker.plain", "refuse", Forms.oneOf("refuse", "allow"), "refuse or allow");
  private static final Setting<Boolean> LEGACY_EXCHANGE =
      Setting.optional("broker.legacy.exchange", "false", Forms::flag, "true or false");
  private static final Setting<Duration> WAIT =
      Setting.optional(
          "broker.wait.seconds", "forever", NodeSettings::wait, "whole seconds, or 'forever'");
  private static final Setting<Path> STATE =
      Setting.optional(
          "state.directory",
          "/var/lib/vmstore",
          Forms::absolutePath,
          "the absolute path of a folder for this node's records");

  private static final Map<Role, Setting<List<String>>> USERS =
      new EnumMap<Role, Setting<List<String>>>(
          Stream.of(Role.values()).collect(toMap(role -> role, NodeSettings::users)));

  static final List<Setting<?>> KEYS =
      Stream.concat(
              Stream.of(
                  NAME,
                  ADDRESSES,
                  USERNAME,
                  PASSWORD_FILE,
                  VIRTUAL_HOST,
                  LEGACY_EXCHANGE,
                  WAIT,
                  STATE),
              Stream.concat(
                  Stream.of(TLS, AUTHORITIES, CERTIFICATE, KEY, PLAIN), USERS.values().stream()))
          .toList();

  static NodeSettings in(SettingsFile file) {
    return new NodeSettings(
        NAME.in(file), login(file), authorization(file), WAIT.in(file), STATE.in(file));
  }

  private static BrokerLogin login(SettingsFile file) {
    BrokerTls tls =
        new BrokerTls(
            TLS.in(file),
            PLAIN.in(file).equals("allow"),
            AUTHORITIES.in(file).orElse(null),
            CERTIFICATE.in(file).orElse(null),
            KEY.in(file).orElse(null));
    Optional<Path> password = PASSWORD_FILE.in(file);
    if (password.isEmpty() && tls.certificate() == null) {
      throw file.missing(
          PASSWORD_FILE.key(), "add it, or log in with broker.tls.certificate and broker.tls.key");
    }
    return new BrokerLogin(
        ADDRESSES.in(file),
        USERNAME.in(file),
        password.map(PasswordFile::read).orElse(null),
        VIRTUAL_HOST.in(file),
        tls,
        LEGACY_EXCHANGE.in(file));
  }

  private static Authorization authorization(SettingsFile file) {
    Authorization all = Authorization.standard();
    for (Map.Entry<Role, Setting<List<String>>> users : USERS.entrySet()) {
      all = all.with(users.getKey(), users.getValue().in(file));
    }
    return all;
  }

  private static Setting<List<String>> users(Role role) {
    Authorization standard = Authorization.standard();
    return Setting.optional(
        role.setting(),
        String.join(", ", standard.users(role)),
        text -> standard.with(role, Forms.listOf(Forms::text).apply(text)).users(role),
        "the broker's users in this role, with commas; a '*' ends the beginning of names");
  }

  private static Setting<Optional<Path>> file(String key, String what) {
    return Setting.optional(
        key,
        "",
        text -> text.isEmpty() ? Optional.empty() : Optional.of(Forms.absolutePath(text)),
        "the absolute path of " + what);
  }

  private static Duration wait(String text) {
    return text.equals("forever") ? FOR_EVER : Forms.seconds(text);
  }
}
