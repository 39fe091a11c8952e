package io.vmstore.amqp;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.concurrent.atomic.AtomicLong;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** An authority that signs what a test asks for, into PEM files. */
final class TestAuthority {
  private static final Base64.Encoder PEM = Base64.getMimeEncoder(64, new byte[] {'\n'});
  private static final Duration DAY = Duration.ofDays(1);

  private final X500Principal name;
  private final KeyPair keys = newKeys();
  private final AtomicLong serial = new AtomicLong(1);
  private final Path file;

  TestAuthority(Path directory, String name) {
    this.name = new X500Principal("CN=" + name);
    this.file = directory.resolve(name + ".pem");
    X509v3CertificateBuilder own = begin(this.name, keys, Instant.now().plus(DAY));
    try {
      own.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
    } catch (CertIOException e) {
      throw new UncheckedIOException(e);
    }
    write(file, "CERTIFICATE", encoded(own));
  }

  /** {@return the file of its own certificate} */
  Path file() {
    return file;
  }

  /** Writes a certificate that is valid, and its key. */
  void issue(Path certificate, Path key, String commonName) {
    issue(certificate, key, commonName, Instant.now().plus(DAY));
  }

  /** Writes a certificate whose time is over, and its key. */
  void issueExpired(Path certificate, Path key, String commonName) {
    issue(certificate, key, commonName, Instant.now().minusSeconds(60));
  }

  private void issue(Path certificate, Path key, String commonName, Instant end) {
    KeyPair own = newKeys();
    X509v3CertificateBuilder builder = begin(new X500Principal("CN=" + commonName), own, end);
    try {
      builder.addExtension(
          Extension.subjectAlternativeName,
          false,
          new GeneralNames(new GeneralName(GeneralName.dNSName, commonName)));
    } catch (CertIOException e) {
      throw new UncheckedIOException(e);
    }
    write(certificate, "CERTIFICATE", encoded(builder));
    write(key, "PRIVATE KEY", own.getPrivate().getEncoded());
  }

  private X509v3CertificateBuilder begin(X500Principal subject, KeyPair own, Instant end) {
    BigInteger number = BigInteger.valueOf(serial.getAndIncrement());
    Date from = Date.from(Instant.now().minus(DAY));
    return new JcaX509v3CertificateBuilder(
        name, number, from, Date.from(end), subject, own.getPublic());
  }

  private byte[] encoded(X509v3CertificateBuilder builder) {
    try {
      X509Certificate signed =
          new JcaX509CertificateConverter()
              .getCertificate(
                  builder.build(
                      new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate())));
      return signed.getEncoded();
    } catch (GeneralSecurityException | OperatorCreationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static KeyPair newKeys() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(256);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void write(Path file, String kind, byte[] content) {
    String body = PEM.encodeToString(content);
    try {
      Files.writeString(
          file, "-----BEGIN %s-----%n%s%n-----END %s-----%n".formatted(kind, body, kind));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
