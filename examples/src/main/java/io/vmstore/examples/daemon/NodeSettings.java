package io.vmstore.examples.daemon;

import io.vmstore.examples.broker.BrokerLogin;
import io.vmstore.examples.broker.PasswordFile;
import io.vmstore.model.NodeName;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * What both daemons are told.
 *
 * @param name where the node listens
 * @param broker where the broker is
 * @param brokerWait how long the broker is waited for at the start
 * @param stateDirectory where the node keeps its records
 */
record NodeSettings(NodeName name, BrokerLogin broker, Duration brokerWait, Path stateDirectory) {
  /** As good as for ever, and safe to add to a clock of nanoseconds. */
  static final Duration FOR_EVER = Duration.ofDays(365);

  private static final Setting<NodeName> NAME =
      Setting.required("node.name", NodeName::new, "the node's name, which is its routing key");
  private static final Setting<String> ADDRESSES =
      Setting.optional(
          "broker.addresses", "127.0.0.1:5672", Forms::text, "host:port, several with commas");
  private static final Setting<String> USERNAME =
      Setting.required("broker.username", Forms::text, "the broker's user for this node");
  private static final Setting<Path> PASSWORD_FILE =
      Setting.required(
          "broker.password.file",
          Forms::absolutePath,
          "the absolute path of a file that holds the password");
  private static final Setting<String> VIRTUAL_HOST =
      Setting.optional("broker.virtual.host", "/", Forms::text, "the broker's virtual host");
  private static final Setting<Boolean> TLS =
      Setting.optional("broker.tls", "false", Forms::flag, "true or false");
  private static final Setting<Duration> WAIT =
      Setting.optional(
          "broker.wait.seconds", "forever", NodeSettings::wait, "whole seconds, or 'forever'");
  private static final Setting<Path> STATE =
      Setting.optional(
          "state.directory",
          "/var/lib/vmstore",
          Forms::absolutePath,
          "the absolute path of a folder for this node's records");

  static final List<Setting<?>> KEYS =
      List.of(NAME, ADDRESSES, USERNAME, PASSWORD_FILE, VIRTUAL_HOST, TLS, WAIT, STATE);

  static NodeSettings in(SettingsFile file) {
    BrokerLogin broker =
        new BrokerLogin(
            ADDRESSES.in(file),
            USERNAME.in(file),
            PasswordFile.read(PASSWORD_FILE.in(file)),
            VIRTUAL_HOST.in(file),
            TLS.in(file));
    return new NodeSettings(NAME.in(file), broker, WAIT.in(file), STATE.in(file));
  }

  private static Duration wait(String text) {
    return text.equals("forever") ? FOR_EVER : Forms.seconds(text);
  }
}
