#version 330 core
// A round land point with an edge of one pixel. Premultiplied.

flat in vec3 v_color;
flat in float v_radius_px;

out vec4 frag_color;

void main() {
    float from_middle_px = length(gl_PointCoord - 0.5) * (2.0 * v_radius_px + 1.0);
    float cover = clamp(v_radius_px + 0.5 - from_middle_px, 0.0, 1.0);
    frag_color = vec4(v_color * cover, cover);
}
