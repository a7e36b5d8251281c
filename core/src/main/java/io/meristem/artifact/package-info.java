/** What a training leaves on disk, and how it is read back. */
package io.meristem.artifact;
