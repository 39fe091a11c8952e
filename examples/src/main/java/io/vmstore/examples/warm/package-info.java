/**
 * Makes programs start faster: {@code vmstore-prepare} has a JVM keep their classes in the form in
 * which it uses them. Start from {@link io.vmstore.examples.warm.LoadClasses}.
 */
@NullMarked
package io.vmstore.examples.warm;

import org.jspecify.annotations.NullMarked;
