package io.vmstore.desired;

/**
 * Hears what is done while it is done. Called on threads of the controller, for several volumes at
 * once; it must not block and not throw.
 */
public interface EnsureProgress {
  /** Hears nothing. */
  EnsureProgress NONE =
      new EnsureProgress() {
        @Override
        public void begins(DesiredVolume volume, Step step) {}

        @Override
        public void ended(VolumeOutcome outcome) {}
      };

  /** A step of a volume begins; the same one again when it has to be repeated. */
  void begins(DesiredVolume volume, Step step);

  /** Nothing more will be done with a volume. */
  void ended(VolumeOutcome outcome);
}
