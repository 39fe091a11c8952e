package io.vmstore.amqp;

import static io.vmstore.amqp.Echo.bytes;
import static io.vmstore.amqp.Failing.code;
import static io.vmstore.amqp.Failing.failure;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.spi.Transport;
import io.vmstore.testkit.broker.RabbitMqServer;
import io.vmstore.testkit.broker.RabbitMqServer.TlsFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Encrypted connections to a RabbitMQ: who is believed, on either side, and who is not. */
final class RabbitMqTlsTest {
  private static final String NAS = "vmstore-nas-nas1";
  private static final String LEAVING = "vmstore-nas-nas2";
  private static final String PASSWORD = "s3cret";
  private static final Duration LONG = Duration.ofSeconds(20);

  @TempDir private static Path directory;
  private static TestAuthority authority;
  private static TlsFiles files;
  private static RabbitMqServer rabbit;

  private Path certificate;
  private Path key;

  @BeforeAll
  static void startServer() {
    authority = new TestAuthority(directory, "authority");
    files = new TlsFiles(authority.file(), file("server.pem"), file("server.key"));
    authority.issue(files.certificate(), files.key(), "localhost");
    rabbit = RabbitMqServer.startWithTls(files);
    rabbit.addUser(NAS, PASSWORD);
  }

  @AfterAll
  static void stopServer() {
    rabbit.close();
  }

  @BeforeEach
  void issueCertificate() {
    certificate = file("nas.pem");
    key = file("nas.key");
    authority.issue(certificate, key, NAS);
  }

  private static Path file(String name) {
    return directory.resolve(name);
  }

  @Test
  void brokerOfTheRightAuthorityShouldBeTalkedTo() {
    assertThat(echoed(withPassword("localhost").tls(authority.file()).build())).isEqualTo(NAS);
  }

  @Test
  void brokerOfAnotherAuthorityShouldNotBeTalkedTo() {
    TestAuthority other = new TestAuthority(directory, "other");
    VmStoreException refusal = refusal(withPassword("localhost").tls(other.file()).build());
    assertThat(refusal.code()).isEqualTo(ErrorCode.PERMISSION_DENIED);
    assertThat(refusal.reason()).contains("no authority that is trusted here has signed");
    assertThat(refusal.correction()).contains("this is not your broker");
    assertThat(refusal).hasMessageNotContaining(PASSWORD);
  }

  @Test
  void brokerOfAnotherNameShouldNotBeTalkedTo() {
    VmStoreException refusal = refusal(withPassword("127.0.0.1").tls(authority.file()).build());
    assertThat(refusal.code()).isEqualTo(ErrorCode.PERMISSION_DENIED);
    assertThat(refusal.reason()).contains("is for another host").contains("127.0.0.1");
    assertThat(refusal.correction()).contains("connect to a name that is in it");
  }

  @Test
  void brokerWhoseCertificateHasExpiredShouldNotBeTalkedToUntilItIsRenewed() {
    AmqpConfig config = withPassword("localhost").tls(authority.file()).build();
    authority.issueExpired(files.certificate(), files.key(), "localhost");
    rabbit.readCertificatesAgain();
    try {
      VmStoreException refusal = refusal(config);
      assertThat(refusal.code()).isEqualTo(ErrorCode.PERMISSION_DENIED);
      assertThat(refusal.reason()).contains("the broker's certificate has expired");
      assertThat(refusal.correction()).contains("renew it on the broker's machine");
    } finally {
      authority.issue(files.certificate(), files.key(), "localhost");
      rabbit.readCertificatesAgain();
    }
    assertThat(echoed(config)).isEqualTo(NAS);
  }

  @Test
  void portWithoutTlsShouldBeNamed() {
    AmqpConfig config =
        AmqpConfig.builder("localhost:" + rabbit.port(), NAS, PASSWORD)
            .tls(authority.file())
            .build();
    VmStoreException refusal = refusal(config);
    assertThat(refusal.code()).isEqualTo(ErrorCode.UNAVAILABLE);
    assertThat(refusal.correction()).contains("5671");
  }

  @Test
  void certificateShouldTakeThePasswordsPlace() {
    assertThat(echoed(withCertificate(NAS).build())).isEqualTo(NAS);
  }

  @Test
  void certificateOfAnotherUserShouldNotBeShown() {
    authority.issue(certificate, key, "vmstore-nas-nas2");
    VmStoreException refusal = refusal(withCertificate(NAS).build());
    assertThat(refusal.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
    assertThat(refusal.reason()).contains("vmstore-nas-nas2").contains("not for CN=" + NAS);
  }

  @Test
  void certificateOfAnotherAuthorityShouldBeRefusedByTheBroker() {
    new TestAuthority(directory, "other").issue(certificate, key, NAS);
    VmStoreException refusal = refusal(withCertificate(NAS).build());
    assertThat(refusal.code()).isEqualTo(ErrorCode.PERMISSION_DENIED);
    assertThat(refusal.reason()).contains("or its certificate");
    assertThat(refusal.correction()).contains("this one's authority");
  }

  @Test
  void certificateThatHasExpiredShouldBeNamed() {
    authority.issueExpired(certificate, key, NAS);
    VmStoreException refusal = refusal(withCertificate(NAS).build());
    assertThat(refusal.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
    assertThat(refusal.problem()).contains(certificate.toString());
    assertThat(refusal.reason()).contains("its time is over").contains("NotAfter");
  }

  @Test
  void everyConnectionShouldUseTheFilesAsTheyAreThen() {
    Connector connector = new Connector(withCertificate(NAS).build());
    connector.connect().abort();
    authority.issueExpired(certificate, key, NAS);
    assertThat(catchThrowable(connector::connect)).hasMessageContaining("its time is over");
    authority.issue(certificate, key, NAS);
    connector.connect().abort();
  }

  @Test
  void nodeShouldComeBackOnceItsCertificateIsRenewed() {
    Echo echo = new Echo();
    try (Transport node = AmqpTransport.connect(withCertificate(NAS).build());
        Transport caller = AmqpTransport.connect(withPlainGuest())) {
      echo.serveOn(node);
      authority.issueExpired(certificate, key, NAS);
      rabbit.control("close_all_user_connections", NAS, "closed by the test");
      await()
          .atMost(LONG)
          .until(() -> failure(echo.askOn(caller, "a")).reason().contains("no node of that name"));
      authority.issue(certificate, key, NAS);
      await()
          .atMost(LONG)
          .ignoreExceptions()
          .until(() -> echo.askOn(caller, "b").join().length == 1);
    }
  }

  @Test
  void userWhoIsDeletedShouldBeCutOffAndStayOut() {
    Echo echo = new Echo();
    rabbit.addUser(LEAVING, PASSWORD);
    authority.issue(certificate, key, LEAVING);
    AmqpConfig config = withCertificate(LEAVING).build();
    try (Transport node = AmqpTransport.connect(config);
        Transport caller = AmqpTransport.connect(withPlainGuest())) {
      echo.serveOn(node);
      rabbit.control("delete_user", LEAVING);
      await()
          .atMost(LONG)
          .until(() -> failure(echo.askOn(caller, "a")).reason().contains("no node of that name"));
      VmStoreException refusal = refusal(config);
      assertThat(refusal.code()).isEqualTo(ErrorCode.PERMISSION_DENIED);
      assertThat(refusal.reason()).contains("the broker refused the name");
      assertThat(refusal.correction()).contains("rabbitmqctl add_user");
    }
  }

  @Test
  void unusableFilesShouldBeNamedWithoutTheirContent() throws IOException {
    Files.writeString(key, Files.readString(key).replace("PRIVATE KEY", "SECRET"));
    VmStoreException refusal = refusal(withCertificate(NAS).build());
    assertThat(refusal.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
    assertThat(refusal).hasMessageContaining(key.toString()).hasMessageContaining("PKCS #8");
    Files.writeString(certificate, "nothing");
    assertThat(code(refusal(withCertificate(NAS).build()))).isEqualTo(ErrorCode.INVALID_ARGUMENT);
    assertThat(refusal(withPassword("localhost").tls(file("absent")).build()).problem())
        .contains("absent");
  }

  private static AmqpConfig.Builder withPassword(String host) {
    return AmqpConfig.builder(host + ":" + rabbit.tlsPort(), NAS, PASSWORD);
  }

  private AmqpConfig.Builder withCertificate(String user) {
    return AmqpConfig.builder("localhost:" + rabbit.tlsPort(), user)
        .tls(authority.file())
        .clientCertificate(certificate, key);
  }

  private static AmqpConfig withPlainGuest() {
    return AmqpConfig.builder("localhost:" + rabbit.port(), "guest", "guest").build();
  }

  /** {@return who a node sees as the sender of a request over such a connection} */
  private static String echoed(AmqpConfig config) {
    Echo echo = new Echo();
    try (Transport transport = AmqpTransport.connect(config)) {
      echo.serveOn(transport);
      assertThat(echo.askOn(transport, "a").join()).isEqualTo(bytes("a"));
      return echo.requests.get(0).sender();
    }
  }

  private static VmStoreException refusal(AmqpConfig config) {
    return catchThrowableOfType(
        VmStoreException.class, () -> AmqpTransport.connect(config).close());
  }
}
