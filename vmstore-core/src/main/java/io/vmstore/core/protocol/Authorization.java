package io.vmstore.core.protocol;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.NodeName;
import io.vmstore.spi.Transport.Request;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which users of the broker play which role. A node refuses whom it does not know, before it looks
 * at what he asks for, and whoever asks a node believes nobody but that node's user.
 *
 * <p>A user is given by his name, or by its beginning and {@code *} for one name or more. Where the
 * user of one certain node is meant, as in an answer, {@code *} is that node's name and nothing
 * else: {@code vmstore-nas-*} lets {@code vmstore-nas-nas1} answer as {@code nas1} only. {@value
 * #UNAUTHENTICATED} stands for messages whose sender the broker does not vouch for; it is nobody's
 * unless it is given. So does {@value #LEGACY}, for requests in the predecessor's dialect only.
 *
 * <p>Thread safety: immutable.
 */
public final class Authorization {
  /** Stands for messages without {@code user_id} in our own dialect. */
  public static final String UNAUTHENTICATED = "unauthenticated";

  /** Stands for requests in the predecessor's dialect without {@code user_id}. */
  public static final String LEGACY = "legacy";

  /** No user of the broker that a setting can name: those have no blank. */
  private static final String LEGACY_SENDER = " legacy";

  private static final Logger LOG = LoggerFactory.getLogger(Authorization.class);
  private static final Pattern GRAMMAR = Pattern.compile("[^*\\s,]*\\*?");

  private final Map<Role, List<String>> users;

  private Authorization(Map<Role, List<String>> users) {
    this.users = new EnumMap<>(users);
  }

  /**
   * {@return the roles by the names that docs/operations.md gives: {@code vmstore-nas-NODE}, {@code
   * vmstore-compute-NODE}, {@code vmstore-frontend} and {@code vmstore-operator}, of which there
   * may be several, as in {@code vmstore-frontend-2}}
   */
  public static Authorization standard() {
    return new Authorization(
        Map.of(
            Role.FRONTEND, List.of("vmstore-frontend", "vmstore-frontend-*"),
            Role.OPERATOR, List.of("vmstore-operator", "vmstore-operator-*"),
            Role.NAS, List.of("vmstore-nas-*"),
            Role.COMPUTE, List.of("vmstore-compute-*")));
  }

  /**
   * {@return one user, or several with {@code *}, in every role: whoever has his password may do
   * everything, as in a test}
   */
  public static Authorization ofOneUser(String user) {
    return new Authorization(
        Arrays.stream(Role.values())
            .collect(Collectors.toMap(role -> role, role -> checked(role, List.of(user)))));
  }

  /**
   * {@return the same but for one role, which these users have and no other}
   *
   * @throws VmStoreException INVALID_ARGUMENT when one is empty, holds a blank or a comma, or a
   *     {@code *} elsewhere than at its end
   */
  public Authorization with(Role role, List<String> names) {
    Authorization changed = new Authorization(users);
    changed.users.put(role, checked(role, names));
    return changed;
  }

  /** {@return who has the role, as it was given} */
  public List<String> users(Role role) {
    return Objects.requireNonNull(users.get(role));
  }

  private static List<String> checked(Role role, List<String> names) {
    for (String name : names) {
      if (name.isEmpty() || !GRAMMAR.matcher(name).matches()) {
        throw VmStoreException.builder(
                ErrorCode.INVALID_ARGUMENT, "user '" + name + "' of the broker is not valid")
            .reason("it must be a name, or the beginning of names and '*'")
            .correction("correct '" + role.setting() + "'")
            .build();
      }
    }
    return List.copyOf(names);
  }

  /** {@return who sent a request, for the methods below} */
  static String sender(Request request) {
    return request.legacy() && request.sender().isEmpty() ? LEGACY_SENDER : request.sender();
  }

  /**
   * Refuses a sender who has no role at all.
   *
   * @throws VmStoreException PERMISSION_DENIED
   */
  void requireKnown(String sender) {
    require(sender, EnumSet.allOf(Role.class), "any request");
  }

  /**
   * Refuses a sender who has none of the roles.
   *
   * @param request what he asks for
   * @throws VmStoreException PERMISSION_DENIED
   */
  void require(String sender, Set<Role> roles, String request) {
    if (!hasOne(sender, roles, "*")) {
      VmStoreException refusal =
          VmStoreException.builder(
                  ErrorCode.PERMISSION_DENIED, named(sender) + " may not send " + request)
              .reason("it is none of " + settings(roles) + " of the node that was asked")
              .correction(
                  "log in to the broker as a user who may, or add this one to one of these settings"
                      + " of the node, see docs/operations.md")
              .detail("sender", sender)
              .build();
      LOG.warn("refused a request: {}", refusal.getMessage());
      throw refusal;
    }
  }

  /**
   * Refuses an answer that is not the node's own.
   *
   * @param roles what the node may be
   * @throws VmStoreException PERMISSION_DENIED, its outcome unknown
   */
  void requireAnswerer(String sender, Set<Role> roles, NodeName node) {
    if (!hasOne(sender, roles, node.value())) {
      List<String> allowed = roles.stream().map(users::get).flatMap(List::stream).toList();
      VmStoreException refusal =
          VmStoreException.builder(
                  ErrorCode.PERMISSION_DENIED, "cannot trust the answer of '" + node + "'")
              .reason(
                  "it is from "
                      + named(sender)
                      + ", and only "
                      + allowed
                      + " may answer, with the node's name for '*'")
              .correction(
                  "correct "
                      + settings(roles)
                      + " here, or the user that '"
                      + node
                      + "' logs in as; if they are right, somebody else answers in its place")
              .detail("sender", sender)
              .outcomeUnknown(true)
              .build();
      LOG.warn("refused an answer: {}", refusal.getMessage());
      throw refusal;
    }
  }

  private static String settings(Set<Role> roles) {
    return roles.stream().sorted().map(Role::setting).collect(Collectors.joining(", "));
  }

  private static String named(String sender) {
    if (sender.equals(LEGACY_SENDER)) {
      return "a peer of the predecessor without a user_id";
    }
    return sender.isEmpty() ? "a sender without a user_id" : "user '" + sender + "'";
  }

  /** Whether a sender has a role as the given node, {@code *} being any. */
  /** Plain loops, because every message is looked at so, and twice. */
  private boolean hasOne(String sender, Set<Role> roles, String node) {
    for (Role role : roles) {
      for (String name : users(role)) {
        if (matches(name, sender, node)) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean matches(String name, String sender, String node) {
    if (sender.equals(LEGACY_SENDER) || name.equals(LEGACY)) {
      return sender.equals(LEGACY_SENDER) && name.equals(LEGACY);
    }
    if (sender.isEmpty() || name.equals(UNAUTHENTICATED)) {
      return sender.isEmpty() && name.equals(UNAUTHENTICATED);
    }
    if (!name.endsWith("*")) {
      return sender.equals(name);
    }
    int beginning = name.length() - 1;
    return sender.regionMatches(0, name, 0, beginning)
        && (node.equals("*")
            ? sender.length() > beginning
            : sender.substring(beginning).equals(node));
  }
}
