#version 330 core
// One quad for each replica on its way. in_corner -1..1; in_position in globe radii; in_color sRGB.

in vec2 in_corner;
in vec3 in_position;
in vec3 in_color;

uniform mat4 u_view_projection;
uniform vec2 u_size_px;
uniform float u_radius_px;

out vec2 v_corner;
flat out vec3 v_color;

void main() {
    gl_Position = u_view_projection * vec4(in_position, 1.0);
    gl_Position.xy += in_corner * u_radius_px / u_size_px * 2.0 * gl_Position.w;
    v_corner = in_corner;
    v_color = in_color;
}
