/**
 * What the number of volumes costs, on the in-memory fabric, where nothing but vmstore's own work
 * takes time. Start from {@link io.vmstore.testkit.scale.Scale}.
 */
@NullMarked
package io.vmstore.testkit.scale;

import org.jspecify.annotations.NullMarked;
