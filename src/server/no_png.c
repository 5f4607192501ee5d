/* no_png.c - what libpng refers to in its half that writes, which would come along with a compressor and the
 * time zones for 120 kB. */
#include <png.h>
#include <stdlib.h>

void png_save_uint_32(png_bytep to, png_uint_32 v)
{
	for (unsigned i = 0; i < 4; i++)
		to[i] = (png_byte)(v >> (24 - 8 * i));
}

/* Nobody has a struct for writing. */
void png_destroy_write_struct(png_structpp png, png_infopp info) { abort(); }
void png_free_buffer_list(png_structp png, void *list);
void png_free_buffer_list(png_structp png, void *list) { abort(); }
