package io.vmstore.zfs.lio;

import io.vmstore.model.VolumeId;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;

/**
 * Takes an export away, in the reverse of the order in which {@link LioBuilder} makes it: logins
 * first. It looks at what is there, so it serves whole, half-made and half-ended exports alike, and
 * may be called again after a failure.
 */
final class LioDemolition {
  private static final Duration PAUSE = Duration.ofMillis(20);

  private final Configfs configfs;
  private final LioTree tree;

  LioDemolition(Configfs configfs, LioTree tree) {
    this.configfs = configfs;
    this.tree = tree;
  }

  /** Whichever mapping the export is for, and however much of it there is. */
  void demolish(VolumeId id, Patience patience) throws IOException {
    List<Path> targets = tree.targets(id);
    Collection<Path> backstores = tree.backstores(id, targets);
    if (targets.isEmpty() && backstores.isEmpty()) {
      demolishEverywhere(id, patience);
    } else {
      demolish(targets, backstores, patience);
    }
  }

  /** As {@link #demolish}, and looks for backstores in other places than the usual one. */
  void demolishEverywhere(VolumeId id, Patience patience) throws IOException {
    demolish(tree.targets(id), tree.allBackstores(id), patience);
  }

  /** What was made of this very export, in the usual places. */
  void demolish(ExportName export, Patience patience) throws IOException {
    demolish(List.of(tree.targetFolder(export)), List.of(tree.place(export.volume())), patience);
  }

  private void demolish(List<Path> targets, Collection<Path> backstores, Patience patience)
      throws IOException {
    for (Path target : targets) {
      Path group = LioTree.group(target);
      if (configfs.exists(group)) {
        disable(group);
        awaitNoSession(group, patience);
        removeGroup(group, patience);
      }
      configfs.removeDirectory(target);
    }
    for (Path backstore : backstores) {
      configfs.removeDirectory(backstore);
      removeAdapter(LioTree.adapter(backstore));
    }
  }

  /** The kernel ends the sessions and refuses to disable what is disabled. */
  private void disable(Path group) throws IOException {
    if (configfs.read(group.resolve("enable")).equals("1")) {
      configfs.write(group.resolve("enable"), "0");
    }
  }

  private void awaitNoSession(Path group, Patience patience) throws IOException {
    while (!tree.sessions(group).isEmpty()) {
      patience.pause(PAUSE);
    }
  }

  private void removeGroup(Path group, Patience patience) throws IOException {
    for (Path acl : configfs.directories(LioTree.acls(group))) {
      patience.check();
      removeLuns(acl);
      configfs.removeDirectory(acl);
    }
    patience.check();
    removeLuns(group.resolve("lun"));
    for (Path portal : configfs.directories(group.resolve("np"))) {
      configfs.removeDirectory(portal);
    }
    configfs.removeDirectory(group);
  }

  private void removeLuns(Path parent) throws IOException {
    for (Path lun : configfs.directories(parent)) {
      if (LioTree.name(lun).startsWith("lun_")) {
        for (Path link : configfs.links(lun)) {
          configfs.unlink(link);
        }
        configfs.removeDirectory(lun);
      }
    }
  }

  /** Unless something is in it. */
  void removeAdapter(Path adapter) throws IOException {
    synchronized (tree.adapterChoice()) {
      try {
        configfs.removeDirectory(adapter);
      } catch (DirectoryNotEmptyException e) {
        // Another volume's backstore is in it meanwhile, and goes with it later.
      }
    }
  }
}
