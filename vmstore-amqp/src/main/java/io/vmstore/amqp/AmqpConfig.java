package io.vmstore.amqp;

import com.rabbitmq.client.Address;
import com.rabbitmq.client.ConnectionFactory;
import io.vmstore.amqp.Tls.Identity;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where the broker is and how to use it. Every node and frontend of one installation needs the same
 * exchange.
 *
 * <p>Obtained from {@link #builder}. Thread safety: immutable; builders are not thread-safe.
 */
public final class AmqpConfig {
  /** The exchange of the system that vmstore succeeds, so that its peers are reached. */
  private static final String EXCHANGE = "rocks.vm-manage";

  /** amqp-client closes a connection that receives more. */
  private static final int MOST_BODY_BYTES = 64 * 1024 * 1024;

  private static final Pattern LOOPBACK =
      Pattern.compile("localhost|127(\\.[0-9]{1,3}){3}|\\[?::1]?");

  private static final int MOST_PREFETCH = 65_535;

  private final List<Address> addresses;
  private final String user;
  private final @Nullable String password;
  private final String virtualHost;
  private final String exchange;
  private final boolean durableExchange;
  private final boolean legacyExchange;
  private final @Nullable Tls tls;
  private final int prefetch;
  private final Duration heartbeat;
  private final Duration connectionTimeout;
  private final int maximumBodyBytes;

  private AmqpConfig(Builder builder) {
    this.addresses = builder.addresses;
    this.user = builder.user;
    this.password = builder.password;
    this.virtualHost = builder.virtualHost;
    this.exchange = builder.exchange;
    this.durableExchange = builder.durableExchange;
    this.legacyExchange = builder.legacyExchange;
    this.tls = builder.tls ? new Tls(builder.authorities, builder.identity) : null;
    this.prefetch = builder.prefetch;
    this.heartbeat = builder.heartbeat;
    this.connectionTimeout = builder.connectionTimeout;
    this.maximumBodyBytes = builder.maximumBodyBytes;
  }

  /**
   * Begins a configuration of a user with a password.
   *
   * @param addresses the brokers of one cluster, {@code host} or {@code host:port}, separated by
   *     commas; they are tried in this order
   * @param user who the process is for the broker, and what receivers see as the sender
   * @param password the user's; it appears in no text this class makes
   */
  public static Builder builder(String addresses, String user, String password) {
    return new Builder(addresses, user, Objects.requireNonNull(password, "password"));
  }

  /**
   * Begins a configuration of a user who proves himself by a certificate and has no password (SASL
   * EXTERNAL); it needs {@link Builder#clientCertificate}.
   *
   * @param addresses as above
   * @param user the common name in the certificate, which the broker must take for the user
   */
  public static Builder builder(String addresses, String user) {
    return new Builder(addresses, user, null);
  }

  List<Address> addresses() {
    return addresses;
  }

  String user() {
    return user;
  }

  /** {@return none when a certificate takes its place} */
  Optional<String> password() {
    return Optional.ofNullable(password);
  }

  String virtualHost() {
    return virtualHost;
  }

  String exchange() {
    return exchange;
  }

  boolean durableExchange() {
    return durableExchange;
  }

  boolean legacyExchange() {
    return legacyExchange;
  }

  /** {@return none when the connection is in clear} */
  Optional<Tls> tls() {
    return Optional.ofNullable(tls);
  }

  int prefetch() {
    return prefetch;
  }

  Duration heartbeat() {
    return heartbeat;
  }

  Duration connectionTimeout() {
    return connectionTimeout;
  }

  int maximumBodyBytes() {
    return maximumBodyBytes;
  }

  /** {@return everything but the password} */
  @Override
  public String toString() {
    return "AmqpConfig[addresses=%s, user=%s, virtualHost=%s, exchange=%s%s, tls=%s, prefetch=%d, "
            .formatted(
                addresses,
                user,
                virtualHost,
                exchange,
                durableExchange ? " (durable)" : "",
                tls == null ? "no" : tls,
                prefetch)
        + "heartbeat=%s, connectionTimeout=%s, maximumBodyBytes=%d]"
            .formatted(heartbeat, connectionTimeout, maximumBodyBytes);
  }

  /** Collects a configuration. Every method refuses a bad value with INVALID_ARGUMENT. */
  public static final class Builder {
    private final List<Address> addresses;
    private final String user;
    private final @Nullable String password;
    private String virtualHost = "/";
    private String exchange = EXCHANGE;
    private boolean durableExchange;
    private boolean legacyExchange;
    private boolean tls;
    private @Nullable Path authorities;
    private @Nullable Identity identity;
    private boolean plainAllowed;
    private int prefetch = 640;
    private Duration heartbeat = Duration.ofSeconds(10);
    private Duration connectionTimeout = Duration.ofSeconds(10);
    private int maximumBodyBytes = 16 * 1024 * 1024;

    private Builder(String addresses, String user, @Nullable String password) {
      this.addresses = parse(addresses);
      this.user = required("user", user);
      this.password = password;
    }

    private static List<Address> parse(String addresses) {
      return Arrays.stream(addresses.split(",", -1)).map(Builder::parseOne).toList();
    }

    private static Address parseOne(String text) {
      String address = required("address", text.strip());
      try {
        Address parsed = Address.parseAddress(address);
        if (parsed.getPort() != ConnectionFactory.USE_DEFAULT_PORT) {
          within("port", parsed.getPort(), 65_535);
        }
        return parsed;
      } catch (IllegalArgumentException e) {
        throw invalid("address", address, "it is neither a host nor host:port");
      }
    }

    /** Sets the broker's virtual host; {@code /} by default. */
    public Builder virtualHost(String name) {
      this.virtualHost = required("virtual host", name);
      return this;
    }

    /** Sets the exchange by which nodes are reached; {@code rocks.vm-manage} by default. */
    public Builder exchange(String name) {
      this.exchange = required("exchange", name);
      return this;
    }

    /**
     * Makes the exchange durable when it is not there; by default it is not, as the predecessor
     * declares it. One that is there is used as it is.
     */
    public Builder durableExchange(boolean durable) {
      this.durableExchange = durable;
      return this;
    }

    /**
     * Declares the exchange exactly as the predecessor's daemons do: direct, neither durable nor
     * auto-delete. When it is there in another form, connecting fails, as theirs would.
     */
    public Builder legacyExchange() {
      this.legacyExchange = true;
      return this;
    }

    /**
     * Encrypts the connection, and checks the broker's host name and that an authority the JVM
     * trusts has signed its certificate. By default it is in clear, which only a broker on this
     * machine may be.
     */
    public Builder tls() {
      this.tls = true;
      return this;
    }

    /**
     * Encrypts the connection, and checks the broker's host name and that one of these authorities
     * has signed its certificate.
     *
     * @param trusted their certificates, in PEM; read anew for every connection
     */
    public Builder tls(Path trusted) {
      this.authorities = Objects.requireNonNull(trusted, "trusted");
      return tls();
    }

    /**
     * Shows the broker a certificate of our own; without a password it is also what proves the
     * user. Both files are read anew for every connection, so that renewed ones are used without a
     * restart.
     *
     * @param certificates ours, then those between it and its authority, in PEM
     * @param key its private key, in PEM (PKCS #8), not encrypted; nobody else may read the file
     */
    public Builder clientCertificate(Path certificates, Path key) {
      this.identity =
          new Identity(
              Objects.requireNonNull(certificates, "certificates"),
              Objects.requireNonNull(key, "key"));
      return this;
    }

    /**
     * Allows a connection in clear to a broker on another machine. Whoever is on the way then reads
     * the password, and commands every node as this user.
     */
    public Builder allowPlain() {
      this.plainAllowed = true;
      return this;
    }

    /**
     * Sets how many requests a node takes at once, 1 to 65535; 640 by default. Others wait at the
     * broker, behind whoever has sent most. A node has 512 in work and answers the rest BUSY, so
     * with fewer than that here nobody is refused and everybody waits.
     */
    public Builder prefetch(int requests) {
      this.prefetch = within("prefetch", requests, MOST_PREFETCH);
      return this;
    }

    /**
     * Sets how often each side shows that it lives, 1 s to an hour; 10 s by default. A peer silent
     * for about twice as long is taken for lost.
     */
    public Builder heartbeat(Duration interval) {
      this.heartbeat = within("heartbeat", interval, Duration.ofSeconds(1));
      return this;
    }

    /**
     * Sets how long one address may take to connect, and a connected broker to answer, 1 ms to an
     * hour; 10 s by default.
     */
    public Builder connectionTimeout(Duration time) {
      this.connectionTimeout = within("connection timeout", time, Duration.ofMillis(1));
      return this;
    }

    /** Sets the longest body of a request or reply, up to 64 MiB; 16 MiB by default. */
    public Builder maximumBodyBytes(int bytes) {
      this.maximumBodyBytes = within("maximum body", bytes, MOST_BODY_BYTES);
      return this;
    }

    /**
     * {@return the configuration}
     *
     * @throws VmStoreException INVALID_ARGUMENT when a broker on another machine would be talked to
     *     in clear without {@link #allowPlain}, or a certificate is missing or of no use
     */
    public AmqpConfig build() {
      if (legacyExchange && durableExchange) {
        throw invalid("exchange", exchange, "the predecessor's is not durable");
      }
      if (password == null && identity == null) {
        throw invalid("user", user, "it has neither a password nor a certificate");
      }
      if (identity != null && !tls) {
        throw invalid(
            "certificate", identity.certificates(), "a connection in clear cannot show it");
      }
      if (!tls && !plainAllowed) {
        addresses.forEach(Builder::requireLoopback);
      }
      return new AmqpConfig(this);
    }

    /** Names are not looked up: what they mean may change, and whoever answers may lie. */
    private static void requireLoopback(Address address) {
      if (!LOOPBACK.matcher(address.getHost()).matches()) {
        throw VmStoreException.builder(
                ErrorCode.INVALID_ARGUMENT, "broker '" + address + "' may not be used in clear")
            .reason("it is not on this machine, and the password would cross the network readable")
            .correction(
                "encrypt the connection (tls; broker.tls = true; --tls), or allow it in clear"
                    + " expressly (allowPlain; broker.plain = allow; --plain)")
            .build();
      }
    }

    private static String required(String name, String value) {
      if (value.isBlank()) {
        throw invalid(name, value, "it is empty");
      }
      return value;
    }

    private static int within(String name, int value, int most) {
      if (value < 1 || value > most) {
        throw invalid(name, value, "it is not 1 to " + most);
      }
      return value;
    }

    private static Duration within(String name, Duration value, Duration least) {
      if (value.compareTo(least) < 0 || value.compareTo(Duration.ofHours(1)) > 0) {
        throw invalid(name, value, "it is not between " + least + " and an hour");
      }
      return value;
    }

    private static VmStoreException invalid(String name, Object value, String reason) {
      return VmStoreException.builder(
              ErrorCode.INVALID_ARGUMENT, name + " '" + value + "' is not valid")
          .reason(reason)
          .correction("correct the broker's settings in the configuration")
          .build();
    }
  }
}
