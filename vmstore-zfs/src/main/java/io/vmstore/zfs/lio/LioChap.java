package io.vmstore.zfs.lio;

import io.vmstore.model.ChapMode;
import io.vmstore.model.ChapSecrets;
import io.vmstore.model.Iqn;
import io.vmstore.spi.Admission;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * What a login has to prove: an attribute of the portal group says whether, and the access list has
 * the secrets (iscsi_target_configfs.c, DEF_NACL_AUTH_STR; iscsi_target_auth.c). Only root can read
 * those. The user's name in each direction is the iSCSI name of who proves to know its secret.
 */
final class LioChap {
  /** A value that begins so means to the kernel that there is none. */
  private static final String NONE = "NULL";

  private final Configfs configfs;

  LioChap(Configfs configfs) {
    this.configfs = configfs;
  }

  /** {@return what whoever logs in to the group has to prove; NONE when it is only half set up} */
  ChapMode mode(Path group) throws IOException {
    List<Path> acls = configfs.directories(LioTree.acls(group));
    ChapMode weakest = acls.isEmpty() ? ChapMode.NONE : ChapMode.MUTUAL;
    for (Path acl : acls) {
      ChapMode mode = mode(group, acl);
      weakest = weakest.covers(mode) ? mode : weakest;
    }
    return weakest;
  }

  private ChapMode mode(Path group, Path acl) throws IOException {
    if (!asks(group, acl) || !isSet(acl, "userid") || !isSet(acl, "password")) {
      return ChapMode.NONE;
    }
    return isMutual(acl) ? ChapMode.MUTUAL : ChapMode.ONE_WAY;
  }

  /** {@return whether secrets are asked for, whichever; without any given, none need be} */
  boolean asks(Path group, Admission admitted) throws IOException {
    return admitted.chap() == null || asks(group, acl(group, admitted.initiator()));
  }

  /** {@return whether exactly the given secrets are asked for; without any given, nothing is} */
  boolean asksFor(Path group, Admission admitted) throws IOException {
    ChapSecrets secrets = admitted.chap();
    if (secrets == null) {
      return true;
    }
    Path acl = acl(group, admitted.initiator());
    return asks(group, acl)
        && value(acl, "userid").equals(admitted.initiator().value())
        && value(acl, "password").equals(secrets.initiator())
        && provesItself(group, acl, secrets);
  }

  private boolean provesItself(Path group, Path acl, ChapSecrets secrets) throws IOException {
    return secrets.target() == null
        ? !isMutual(acl)
        : value(acl, "userid_mutual").equals(target(group))
            && value(acl, "password_mutual").equals(secrets.target());
  }

  private boolean isMutual(Path acl) throws IOException {
    return isSet(acl, "userid_mutual") && isSet(acl, "password_mutual");
  }

  /** Gives the secrets, if there are any, to the list of a group that asks for them already. */
  void give(Path group, Admission admitted) throws IOException {
    ChapSecrets secrets = admitted.chap();
    if (secrets == null) {
      return;
    }
    Path acl = acl(group, admitted.initiator());
    set(acl, "userid", admitted.initiator().value());
    set(acl, "password", secrets.initiator());
    if (secrets.target() != null) {
      set(acl, "userid_mutual", target(group));
      set(acl, "password_mutual", secrets.target());
    }
  }

  /**
   * Asks for the secrets, if there are any. Who is logged in stays so, and needs them for the next
   * login; the secrets come first, so that at no time a login needs less than before.
   */
  void ask(Path group, Admission admitted) throws IOException {
    ChapSecrets secrets = admitted.chap();
    if (secrets == null) {
      return;
    }
    give(group, admitted);
    Path acl = acl(group, admitted.initiator());
    if (secrets.target() == null && isSet(acl, "password_mutual")) {
      set(acl, "password_mutual", NONE);
    }
    Path exception = acl.resolve("attrib/authentication");
    if (configfs.exists(exception) && configfs.read(exception).equals("0")) {
      configfs.write(exception, "1"); // made by hand: a list by itself need not ask
    }
    configfs.write(group.resolve("attrib/authentication"), "1");
  }

  /** From Linux 6.0 on, a list may have its own will; -1 is the group's. */
  private boolean asks(Path group, Path acl) throws IOException {
    Path exception = acl.resolve("attrib/authentication");
    String own = configfs.exists(exception) ? configfs.read(exception) : "-1";
    return own.equals("-1")
        ? configfs.read(group.resolve("attrib/authentication")).equals("1")
        : own.equals("1");
  }

  private boolean isSet(Path acl, String name) throws IOException {
    String value = value(acl, name);
    return !value.isEmpty() && !value.startsWith(NONE);
  }

  private String value(Path acl, String name) throws IOException {
    return configfs.read(acl.resolve("auth").resolve(name));
  }

  private void set(Path acl, String name, String value) throws IOException {
    configfs.write(acl.resolve("auth").resolve(name), value);
  }

  private static Path acl(Path group, Iqn initiator) {
    return LioTree.acls(group).resolve(initiator.value());
  }

  private static String target(Path group) {
    return LioTree.name(LioTree.target(group));
  }
}
