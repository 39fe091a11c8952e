package io.vmstore.iscsi;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.exec.CommandResult;
import io.vmstore.iscsi.Sysfs.Disk;
import io.vmstore.iscsi.Sysfs.Session;
import io.vmstore.iscsi.VolumeMachine.Way;
import io.vmstore.managed.IscsiPath;
import io.vmstore.managed.TargetName;
import io.vmstore.model.Deadline;
import io.vmstore.model.Portal;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings up the disks at those paths of a volume that lead to one target: all at once, and each
 * path's failure is its own. Used once.
 *
 * <p>A node record that is there without a session is made anew, and goes when its login fails: it
 * may be what a crash left, with secrets in it.
 */
final class TargetPaths {
  private static final Logger LOG = LoggerFactory.getLogger(TargetPaths.class);

  private static final Duration BETWEEN_SCANS = Duration.ofMillis(500);

  private final VolumeMachine machine;
  private final Sysfs sysfs;
  private final List<IscsiPath> paths;
  private final TargetName target;
  private final Logins logins;
  private final Made made;
  private final Attempt attempt;
  private final Map<IscsiPath, VmStoreException> failures = new ConcurrentHashMap<>();

  /**
   * How to log in.
   *
   * @param credentials null when the initiator's name suffices
   * @param timeout for how long at most
   */
  record Logins(@Nullable Credentials credentials, Duration timeout) {}

  TargetPaths(
      VolumeMachine machine,
      Collection<IscsiPath> paths,
      Logins logins,
      Made made,
      Attempt attempt) {
    this.machine = machine;
    this.sysfs = machine.sysfs();
    this.paths = List.copyOf(paths);
    this.target = this.paths.get(0).target();
    this.logins = logins;
    this.made = made;
    this.attempt = attempt;
  }

  /**
   * Returns what came of the paths that failed; at the others there is something at the LUN.
   *
   * @throws VmStoreException CANCELLED; what the lock says
   */
  Map<IscsiPath, VmStoreException> run() {
    TargetLocks.Held held = machine.locks().take(target, attempt);
    try {
      Map<Portal, IscsiPath> missing = new LinkedHashMap<>();
      paths.stream()
          .filter(path -> sysfs.sessions(target, path.portal()).isEmpty())
          .forEach(path -> missing.putIfAbsent(path.portal(), path));
      missing.values().forEach(path -> trying(path, this::prepare));
      Together.forEach(withoutFailure(missing.values()), path -> trying(path, this::logIn));
      paths.forEach(path -> shareFailure(path, missing.get(path.portal())));
      Together.forEach(withoutFailure(paths), path -> trying(path, this::bringUp));
      return failures;
    } finally {
      held.close();
    }
  }

  private List<IscsiPath> withoutFailure(Collection<IscsiPath> some) {
    return some.stream().filter(path -> !failures.containsKey(path)).toList();
  }

  private void shareFailure(IscsiPath path, @Nullable IscsiPath loggedIn) {
    if (loggedIn != null) {
      Optional.ofNullable(failures.get(loggedIn)).ifPresent(cause -> failures.put(path, cause));
    }
  }

  private void trying(IscsiPath path, Consumer<IscsiPath> step) {
    try {
      step.accept(path);
    } catch (VmStoreException e) {
      if (e.code() == ErrorCode.CANCELLED) {
        throw e;
      }
      LOG.debug("the path {} is not used", path, e);
      failures.put(path, e);
    }
  }

  /** Before the logins and one after the other, because the records of a target share a folder. */
  private void prepare(IscsiPath path) {
    made.login(path);
    machine.base().iscsiadm().createRecord(target, path.portal(), attempt);
    Map<String, String> settings = Login.settings(loginSeconds(), logins.credentials());
    machine.base().records().prepare(target, path.portal(), settings, attempt);
  }

  private long loginSeconds() {
    long left = attempt.deadline().remaining().toSeconds();
    return Math.max(1, Math.min(left, logins.timeout().toSeconds()));
  }

  private void logIn(IscsiPath path) {
    CommandResult result = login(path);
    if (!result.succeeded() && !ExitCode.SESSION_EXISTS.is(result)) {
      if (ExitCode.of(result).filter(ExitCode::leavesUnknown).isPresent()) {
        made.leaveUnderWay();
      } else {
        machine.base().iscsiadm().forget(target, path.portal(), attempt);
      }
      throw refusal(path, result);
    }
  }

  private CommandResult login(IscsiPath path) {
    try {
      return machine.base().iscsiadm().login(target, path.portal(), attempt);
    } catch (VmStoreException e) {
      if (e.outcomeUnknown()) {
        made.leaveUnderWay();
      }
      throw e;
    }
  }

  private VmStoreException refusal(IscsiPath path, CommandResult result) {
    Credentials credentials = logins.credentials();
    // iscsid ends so when it is not content with the target's answer to its challenge.
    if (ExitCode.FATAL_LOGIN.is(result) && credentials != null && credentials.mutual()) {
      return attempt
          .failure(ErrorCode.PERMISSION_DENIED)
          .reason("the target does not prove to know its secret")
          .correction("make sure that '" + path.portal() + "' is the storage's own address")
          .build();
    }
    if (ExitCode.NOT_AUTHORISED.is(result)) {
      return attempt
          .failure(ErrorCode.PERMISSION_DENIED)
          .reason("the target does not admit this machine, or not with this user name and password")
          .correction(
              "compare what the storage admits with this machine's initiator name file and with"
                  + " auth_username and auth_password")
          .build();
    }
    return Iscsiadm.failure(result, attempt);
  }

  /** Has the kernel find what is at the LUN, or ask it anew who it is. */
  private void bringUp(IscsiPath path) {
    Session session =
        attempt
            .until(attempt.deadline().atMost(logins.timeout()))
            .await(() -> connected(path))
            .orElseThrow(() -> notConnected(path));
    boolean there = sysfs.has(session, path.lun());
    if (!there) {
      made.disk(path);
    }
    Scans scans = new Scans(path, session);
    Attempt patient = attempt.until(attempt.deadline().atMost(machine.lunPatience()));
    Disk disk = patient.await(scans::found).orElseThrow(scans::failure);
    if (there) {
      machine.refresh(new Way(path, session, disk), attempt);
    }
  }

  private Optional<Session> connected(IscsiPath path) {
    return sysfs.sessions(target, path.portal()).stream().filter(sysfs::loggedIn).findFirst();
  }

  private VmStoreException notConnected(IscsiPath path) {
    List<String> states =
        sysfs.sessions(target, path.portal()).stream()
            .map(session -> session.name() + " " + sysfs.state(session))
            .toList();
    return attempt
        .failure(ErrorCode.UNAVAILABLE)
        .reason("its session has no connection: " + states)
        .correction("check the network to the portal, and that the target still exists")
        .build();
  }

  /** Looks for a LUN now and then. */
  private final class Scans {
    private final IscsiPath path;
    private final Session session;
    private Deadline next;

    Scans(IscsiPath path, Session session) {
      this.path = path;
      this.session = session;
      this.next = attempt.deadline().atMost(Duration.ZERO);
    }

    /** The kernel makes a disk of what it finds a moment later (drivers/scsi/sd.c, sd_probe). */
    Optional<Disk> found() {
      if (!sysfs.has(session, path.lun()) && next.passed()) {
        next = attempt.deadline().atMost(BETWEEN_SCANS);
        scan();
      }
      return sysfs.disk(session, path.lun());
    }

    private void scan() {
      try {
        KernelCall.start("scan " + session.name(), () -> sysfs.scan(session, path.lun()))
            .await(attempt, () -> sysfs.loggedIn(session));
      } catch (IOException e) {
        LOG.debug("{} could not be scanned", session.name(), e);
      } catch (VmStoreException e) {
        made.leaveUnderWay(); // the disk may come when nobody waits for it any more
        throw e;
      }
    }

    VmStoreException failure() {
      if (!sysfs.loggedIn(session)) {
        return notConnected(path);
      }
      ErrorCode code =
          attempt.deadline().passed() ? ErrorCode.DEADLINE_EXCEEDED : ErrorCode.NOT_FOUND;
      return attempt
          .failure(code)
          .reason(
              sysfs.has(session, path.lun())
                  ? "what is at LUN " + path.lun() + " has become no disk"
                  : "the login succeeded and nothing is at LUN " + path.lun())
          .correction(
              "check on the storage that the target has this LUN for this machine's initiator name")
          .build();
    }
  }
}
