/** Which places of a photo speak for a class: maps over the last features of a network, and their pictures over the photo. */
package io.meristem.explain;
