/** Tests of the whole: who may import whom, and the example in the README. */
@NullMarked
package io.vmstore.examples;

import org.jspecify.annotations.NullMarked;
