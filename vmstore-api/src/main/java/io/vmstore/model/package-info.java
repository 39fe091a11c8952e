/**
 * The immutable values that cross vmstore's interfaces: names, sizes, addresses and mappings. Each
 * record validates in its constructor, so a value that exists is well formed, and prints as the
 * text it parses from.
 */
@NullMarked
package io.vmstore.model;

import org.jspecify.annotations.NullMarked;
