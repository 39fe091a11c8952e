/**
 * Volumes told as states: a document says what should be, and {@link
 * io.vmstore.desired.StorageController} brings it about, from wherever it is and as often as it is
 * told. docs/desired-state.md has the states and their meaning.
 */
@NullMarked
package io.vmstore.desired;

import org.jspecify.annotations.NullMarked;
