/** The networks that can be built, a family a file: definition, sizes, official weights. Plain data. */
package io.meristem.zoo;
