package io.vmstore.examples.cli;

import io.vmstore.desired.DesiredDocument;
import io.vmstore.desired.DesiredVolume;
import io.vmstore.desired.EnsureProgress;
import io.vmstore.desired.Step;
import io.vmstore.desired.VolumeOutcome;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * What is under way while a document is applied: tells each step as it begins, and when the command
 * is interrupted what holds.
 *
 * <p>Thread safety: thread-safe.
 */
final class Applying implements EnsureProgress {
  private final DesiredDocument document;
  private final Consumer<String> lines;
  private final Map<DesiredVolume, Step> underWay = new HashMap<>();
  private final Map<DesiredVolume, VolumeOutcome> ended = new HashMap<>();

  Applying(DesiredDocument document, Consumer<String> lines) {
    this.document = document;
    this.lines = lines;
  }

  @Override
  public synchronized void begins(DesiredVolume volume, Step step) {
    if (!step.equals(underWay.put(volume, step))) {
      lines.accept(name(volume) + ": " + step);
    }
  }

  @Override
  public synchronized void ended(VolumeOutcome outcome) {
    underWay.remove(outcome.volume());
    ended.put(outcome.volume(), outcome);
    lines.accept(name(outcome.volume()) + ": " + DesiredTexts.outcome(outcome));
  }

  /** {@return what holds when nothing more will be asked for and no answer heard, in lines} */
  synchronized String interrupted() {
    List<DesiredVolume> volumes = document.volumes();
    int untouched = volumes.size() - ended.size() - underWay.size();
    StringBuilder text =
        new StringBuilder("vmstore: interrupted: ")
            .append(DesiredTexts.summary(List.copyOf(ended.values())))
            .append(", ")
            .append(underWay.size())
            .append(" under way, ")
            .append(untouched)
            .append(" not begun\n");
    for (DesiredVolume volume : volumes) {
      Step step = underWay.get(volume);
      if (step != null) {
        text.append("  ")
            .append(name(volume))
            .append(": '")
            .append(step)
            .append("' was asked for; its NAS does it, or leaves the volume as it was\n");
      }
    }
    return text.append("  apply the same document again to go on\n").toString();
  }

  static String name(DesiredVolume volume) {
    return volume.nas() + " " + volume.zvol();
  }
}
