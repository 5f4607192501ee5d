/* picture: program output on stdin; the first image that a terminal made of it as PAM (RGBA) on stdout. */
#include "base/str.h"
#include "vt/image.h"

int main(void)
{
	static const struct vt_callbacks none;
	struct vt_config config = { .rows = 24, .cols = 80, .scrollback_lines = 1000 };
	struct vt *vt = vt_create(&config, &none, NULL);
	struct vt_image image;
	char buf[4093];
	size_t n;

	while ((n = fread(buf, 1, sizeof(buf), stdin)) > 0)
		vt_write(vt, buf, n);
	if (!vt_image_get(vt, 1, &image) || image.format != VT_IMAGE_RGBA) {
		fprintf(stderr, "no picture\n");
		return 1;
	}
	printf("P7\nWIDTH %u\nHEIGHT %u\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n", image.width, image.height);
	fwrite(image.data, 1, image.len, stdout);
	vt_destroy(vt);
	return 0;
}
