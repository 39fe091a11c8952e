package io.vmstore.local;

import io.vmstore.model.ByteSize;
import io.vmstore.model.Deadline;
import io.vmstore.model.NodeName;
import io.vmstore.model.VolumeId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Which node has which volume connected: a link in the node's folder, under the volume's id, to the
 * volume's file or to a loop device on it. The link is there before the loop device is made and
 * goes after it, so that a crash leaves no loop device without a link to find it by.
 *
 * <p>A link may be dead: a loop device does not survive a reboot, and its name may since have
 * become another's. So a link counts only when what it leads to is the volume.
 *
 * <p>Thread safety: thread-safe; callers hold the volume's lock for changes.
 */
final class Sessions {
  private final Layout layout;
  private final Loops loops;

  Sessions(Layout layout, Loops loops) {
    this.layout = layout;
    this.loops = loops;
  }

  /**
   * A live session.
   *
   * @param device what the link leads to: the volume's file, or a loop device on it
   * @param data the volume's file
   */
  record Session(NodeName node, VolumeId id, Path link, Path device, Path data) {
    boolean isLoop() {
      return !device.equals(data);
    }
  }

  Optional<Session> find(NodeName node, VolumeId id) throws IOException {
    Path link = layout.device(node, id);
    Optional<Path> device = destination(link);
    Optional<Path> data = device.flatMap(this::file).filter(file -> file.startsWith(layout.root()));
    if (device.isEmpty() || data.isEmpty() || !VolumeFolder.of(data.get()).is(id)) {
      return Optional.empty();
    }
    return Optional.of(new Session(node, id, link, device.get(), data.get()));
  }

  List<Session> of(VolumeId id) throws IOException {
    List<Session> sessions = new ArrayList<>();
    for (NodeName node : Layout.names(layout.nodes(), NodeName::new)) {
      find(node, id).ifPresent(sessions::add);
    }
    return sessions;
  }

  List<Session> at(NodeName node) throws IOException {
    List<Session> sessions = new ArrayList<>();
    for (VolumeId id : Layout.names(layout.devices(node), VolumeId::parse)) {
      find(node, id).ifPresent(sessions::add);
    }
    return sessions;
  }

  /** {@return the size of the session's device, or empty when it is gone} */
  Optional<ByteSize> size(Session session) {
    return session.isLoop() ? loops.size(session.device()) : VolumeFolder.of(session.data()).size();
  }

  /** Has a loop device see the size that its file has; a file has no size but its own. */
  void readSize(Session session, Deadline deadline) {
    if (session.isLoop()) {
      loops.readSize(session.device(), deadline);
    }
  }

  /** Points the link at a device, in one effect. */
  void point(NodeName node, VolumeId id, Path device) throws IOException {
    Path link = layout.device(node, id);
    Path unfinished = DurableFiles.unfinished(link);
    Files.createDirectories(layout.devices(node));
    Files.deleteIfExists(unfinished);
    Files.createSymbolicLink(unfinished, device);
    Files.move(unfinished, link, StandardCopyOption.ATOMIC_MOVE);
  }

  /**
   * Removes the loop devices of a volume.
   *
   * @return whether they are gone: one that is open stays until it is closed
   */
  boolean detachLoops(Path data, Deadline deadline) throws IOException {
    boolean gone = true;
    for (Path loop : loops.on(data)) {
      gone &= loops.detach(loop, deadline);
    }
    return gone;
  }

  void removeLink(NodeName node, VolumeId id) throws IOException {
    Path link = layout.device(node, id);
    Files.deleteIfExists(DurableFiles.unfinished(link));
    Files.deleteIfExists(link);
  }

  /** Removes all links to a volume, dead ones too. */
  void removeLinks(VolumeId id) throws IOException {
    for (NodeName node : Layout.names(layout.nodes(), NodeName::new)) {
      removeLink(node, id);
    }
  }

  private Optional<Path> file(Path device) {
    return device.startsWith(layout.root()) ? Optional.of(device) : loops.backingFile(device);
  }

  private static Optional<Path> destination(Path link) throws IOException {
    try {
      return Optional.of(Files.readSymbolicLink(link));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }
}
