package io.vmstore.amqp;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;

/**
 * The files of an encrypted connection, all PEM. They are read anew for every connection, so that
 * renewed ones are used without a restart. Immutable.
 *
 * @param authorities who may have signed the broker's certificate; null for those the JVM trusts
 * @param identity our own certificate and key; null to show none
 */
record Tls(@Nullable Path authorities, @Nullable Identity identity) {
  /**
   * Who we are.
   *
   * @param certificates ours, then those between it and its authority
   * @param key its private key, PKCS #8 and not encrypted
   */
  record Identity(Path certificates, Path key) {}

  private static final Pattern KEY =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([^-]+)-----END PRIVATE KEY-----");
  private static final List<String> KEY_ALGORITHMS = List.of("RSA", "EC", "Ed25519");
  private static final char[] NO_PASSWORD = {};

  /**
   * {@return what the files say now}
   *
   * @throws VmStoreException INVALID_ARGUMENT when one cannot be used
   */
  SSLContext context() {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys(), trusted(), null);
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw VmStoreException.builder(ErrorCode.INTERNAL, "cannot use TLS")
          .reason("the JVM does not do it: " + e)
          .correction("check the JVM's security settings")
          .cause(e)
          .build();
    }
  }

  /**
   * Checks that the broker will take the certificate for this user: otherwise it would refuse every
   * message, and say so only in its log.
   *
   * @throws VmStoreException INVALID_ARGUMENT when the certificate is another one's
   */
  void requireFor(String user) {
    Path file = Objects.requireNonNull(identity).certificates();
    X500Principal subject = certificates(file).get(0).getSubjectX500Principal();
    if (!commonNames(subject).equals(List.of(user))) {
      throw unusable(file, "it is for '" + subject + "', and not for CN=" + user, null);
    }
  }

  private static List<String> commonNames(X500Principal subject) {
    try {
      return new LdapName(subject.getName())
          .getRdns().stream()
              .filter(part -> part.getType().equalsIgnoreCase("CN"))
              .map(part -> part.getValue().toString())
              .toList();
    } catch (InvalidNameException e) {
      return List.of();
    }
  }

  private TrustManager @Nullable [] trusted() throws GeneralSecurityException, IOException {
    if (authorities == null) {
      return null;
    }
    KeyStore store = emptyStore();
    for (X509Certificate authority : certificates(authorities)) {
      store.setCertificateEntry(String.valueOf(store.size()), authority);
    }
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return factory.getTrustManagers();
  }

  private KeyManager @Nullable [] keys() throws GeneralSecurityException, IOException {
    if (identity == null) {
      return null;
    }
    PrivateKey key = key(identity.key());
    List<X509Certificate> own = certificates(identity.certificates());
    try {
      own.get(0).checkValidity();
    } catch (CertificateExpiredException | CertificateNotYetValidException e) {
      // The broker would say so, too, but perhaps after it has closed the connection.
      throw unusable(identity.certificates(), "its time is over, or to come: " + e.getMessage(), e);
    }
    Certificate[] chain = own.toArray(Certificate[]::new);
    KeyStore store = emptyStore();
    store.setKeyEntry("own", key, NO_PASSWORD, chain);
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(store, NO_PASSWORD);
    return factory.getKeyManagers();
  }

  private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, NO_PASSWORD);
    return store;
  }

  private static List<X509Certificate> certificates(Path file) {
    try (InputStream in = new ByteArrayInputStream(read(file))) {
      Collection<? extends Certificate> found =
          CertificateFactory.getInstance("X.509").generateCertificates(in);
      if (found.isEmpty()) {
        throw unusable(file, "it holds no certificate", null);
      }
      return found.stream().map(X509Certificate.class::cast).toList();
    } catch (GeneralSecurityException | IOException e) {
      throw unusable(file, "it does not hold certificates in PEM: " + e.getMessage(), e);
    }
  }

  private static PrivateKey key(Path file) {
    Matcher pem = KEY.matcher(new String(read(file), StandardCharsets.ISO_8859_1));
    if (!pem.find()) {
      throw unusable(
          file,
          "it holds no 'BEGIN PRIVATE KEY' (PKCS #8, not encrypted), as"
              + " 'openssl pkcs8 -topk8 -nocrypt' writes",
          null);
    }
    PKCS8EncodedKeySpec encoded;
    try {
      encoded = new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(pem.group(1)));
    } catch (IllegalArgumentException e) {
      throw unusable(file, "its key is not in PEM", null); // the cause would quote the key
    }
    for (String algorithm : KEY_ALGORITHMS) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(encoded);
      } catch (InvalidKeySpecException e) {
        // another kind of key
      } catch (GeneralSecurityException e) {
        throw unusable(file, "the JVM does not know " + algorithm, e);
      }
    }
    throw unusable(file, "its key is none of " + KEY_ALGORITHMS, null);
  }

  private static byte[] read(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw unusable(file, "it cannot be read: " + e, e);
    }
  }

  private static VmStoreException unusable(Path file, String reason, @Nullable Throwable cause) {
    return VmStoreException.builder(
            ErrorCode.INVALID_ARGUMENT, "cannot use '" + file + "' for the broker's connection")
        .reason(reason)
        .correction("write the right PEM file there; the next attempt to connect reads it again")
        .detail("file", file.toString())
        .cause(cause)
        .build();
  }
}
